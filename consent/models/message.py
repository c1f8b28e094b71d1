"""What a utility and a third party tell each other about the third party's clients."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import new_public_id
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock


class ClientContact(models.Model):
    """A person of the third party, who may see and manage its client at /developer/."""

    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        related_name="contacts",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="client_contacts",
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("client contact")
        verbose_name_plural = _("client contacts")
        ordering = ["client", "pk"]
        constraints = [models.UniqueConstraint(fields=["client", "user"], name="contact_once_of_a_client")]

    def __str__(self) -> str:
        return f"{self.user} of {self.client}"


class MessageType(models.TextChoices):
    """R-96: those that this server writes or takes."""

    NOTIFICATION = "notification", _("notification")
    PRIVATE_MESSAGE = "private_message", _("message")
    SUPPORT_REQUEST = "support_request", _("support request")
    FIELD_CHANGES = "field_changes", _("changes of the client")
    REQUEST_UPDATE = "request_update", _("answer to a request")


class MessageStatus(models.TextChoices):
    """R-98: whose turn it is."""

    COMPLETE = "complete", _("resolved")
    OPEN = "open", _("the third party has to act")
    PENDING = "pending", _("the utility has to act")
    REJECTED = "rejected", _("rejected")


class Message(models.Model):
    """One message (R-94 to R-103). `author` null = the server itself; `by_client` says which side wrote it.

    `previous` is the message it answers; `first` the one that its thread began with (itself null).
    """

    public_id = models.CharField(
        _("public id"), max_length=20, unique=True, editable=False, default=new_public_id
    )
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.PROTECT,
        related_name="messages",
    )
    first = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="thread")
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="answers"
    )
    type = models.CharField(_("type"), max_length=20, choices=MessageType.choices)
    status = models.CharField(_("status"), max_length=10, choices=MessageStatus.choices)
    by_client = models.BooleanField("written by the third party")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(_("subject"), max_length=200, validators=[validate_one_line])
    description = models.TextField(_("text"), max_length=10_000)
    read = models.BooleanField("read by the third party", default=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created", "-pk"]
        indexes = [
            models.Index(fields=["client", "-created"], name="message_of_client"),
            models.Index(fields=["-created"], name="message_to_answer", condition=models.Q(status="pending")),
        ]

    def __str__(self) -> str:
        return self.name
