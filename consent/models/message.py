"""What a utility and a third party tell each other about the third party's clients."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import new_public_id
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock


class ClientContact(models.Model):
    """A person of the third party, who may see and manage its clients at /developer/.

    `client` is the one that staff invited them for.
    """

    registration = models.ForeignKey(
        "consent.Registration",
        verbose_name=_("third party"),
        on_delete=models.CASCADE,
        null=True,  # as of a client
        editable=False,
        related_name="contacts",
    )

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

    def save(self, **options: Any) -> None:
        if self.registration_id is None:
            self.registration_id = self.client.registration_id
        super().save(**options)


class MessageType(models.TextChoices):
    """R-96."""

    NOTIFICATION = "notification", _("notification")
    PRIVATE_MESSAGE = "private_message", _("message")
    SUPPORT_REQUEST = "support_request", _("support request")
    FIELD_CHANGES = "field_changes", _("changes of the client")
    REQUEST_UPDATE = "request_update", _("answer to a request")
    CLIENT_SUBMISSION = "client_submission", _("submission")
    PRODUCTION_REQUEST = "production_request", _("request for production")
    GRANT_REQUEST = "grant_request", _("request for a grant")
    SERVER_REQUEST = "server_request", _("request of the utility")
    PAYMENT_REQUEST = "payment_request", _("payment to make")
    ONLINE_FORM_REQUEST = "online_form_request", _("form to fill in on the web")
    PDF_FORM_REQUEST = "pdf_form_request", _("form to fill in as PDF")


class MessageStatus(models.TextChoices):
    """R-98: whose turn it is."""

    COMPLETE = "complete", _("resolved")
    OPEN = "open", _("the third party has to act")
    PENDING = "pending", _("the utility has to act")
    REJECTED = "rejected", _("rejected")
    ERRORED = "errored", _("failed at the utility")


class Message(models.Model):
    """One message (R-94 to R-134). `author` null = a program; `by_client` says which side wrote it.

    It belongs to a registration, and may be about one of its clients. `creator` is the client whose program wrote it.
    `previous` is the message it answers; `first` the one that its thread began with (itself null). `updates_requested`
    and `grants_requested` are lists as on the wire.
    """

    public_id = models.CharField(
        _("public id"), max_length=20, unique=True, editable=False, default=new_public_id
    )
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
    )
    registration = models.ForeignKey(
        "consent.Registration",
        verbose_name=_("third party"),
        on_delete=models.PROTECT,
        null=True,  # as of a client
        editable=False,
        related_name="messages",
    )
    creator = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("written by the program of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
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
    updates_requested = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    grants_requested = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    related_uri = models.TextField(_("about"), blank=True, default="", db_default="")
    related_type = models.CharField(max_length=20, blank=True, default="", db_default="")
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="", db_default="")
    read = models.BooleanField("read by the third party", default=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created", "-pk"]
        indexes = [
            models.Index(fields=["client", "-created"], name="message_of_client"),
            models.Index(fields=["registration", "-modified"], name="message_of_registration"),
            models.Index(fields=["-created"], name="message_to_answer", condition=models.Q(status="pending")),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **options: Any) -> None:
        """One about a client belongs to its registration."""
        if self.registration_id is None and self.client:
            self.registration_id = self.client.registration_id
        super().save(**options)

    @property
    def company(self) -> str:
        """The client that it is about; the third party where it is about none."""
        return str(self.client or self.registration)
