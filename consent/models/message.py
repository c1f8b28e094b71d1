"""What a utility and a third party tell each other about the third party's clients."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import public_id_field
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


_ANY = frozenset(MessageStatus)
_DONE = frozenset({MessageStatus.COMPLETE})
_DECIDED_BY_STAFF = frozenset({MessageStatus.COMPLETE, MessageStatus.PENDING, MessageStatus.REJECTED})
# what a message of each type may be (R-103 and the table of section 9)
ALLOWED_STATUSES: dict[MessageType, frozenset[MessageStatus]] = {
    MessageType.NOTIFICATION: _DONE,
    MessageType.PRIVATE_MESSAGE: _DONE,
    MessageType.CLIENT_SUBMISSION: _DONE,
    MessageType.PRODUCTION_REQUEST: _DECIDED_BY_STAFF,
    MessageType.SUPPORT_REQUEST: frozenset({MessageStatus.COMPLETE, MessageStatus.PENDING}),
    MessageType.GRANT_REQUEST: _DECIDED_BY_STAFF,
    MessageType.FIELD_CHANGES: _ANY - {MessageStatus.OPEN},
    MessageType.SERVER_REQUEST: _ANY,
    MessageType.PAYMENT_REQUEST: _ANY,
    MessageType.ONLINE_FORM_REQUEST: _ANY,
    MessageType.PDF_FORM_REQUEST: _ANY,
    MessageType.REQUEST_UPDATE: _ANY,
}


def _status_of_its_type() -> models.Q:
    """True of a row whose status its type allows."""
    allowed = models.Q()
    for kind, statuses in ALLOWED_STATUSES.items():
        allowed |= models.Q(type=kind.value, status__in=sorted(status.value for status in statuses))
    return allowed


class Message(models.Model):
    """One message (R-94 to R-134). `author` null = a program; `by_client` says which side wrote it.

    It belongs to a registration, and may be about one of its clients or grants. `creator` is the client whose program
    wrote it. `previous` is the message it answers; `first` the one that its thread began with (itself null).
    `updates_requested` and `grants_requested` are lists as on the wire. `step` is the step of registration whose page
    it leads to, until `link_expires` (null: for good); then `related_uri` is empty, and made when it is read.
    """

    public_id = public_id_field()
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
    grant = models.ForeignKey(
        "consent.Grant",
        verbose_name=_("grant"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="messages",
    )
    step = models.ForeignKey(
        "consent.RegistrationStep",
        verbose_name=_("step"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="messages",
    )
    link_expires = models.DateTimeField(_("link expires"), null=True, blank=True, editable=False)
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
            models.Index(
                fields=["link_expires"],
                name="message_link_to_renew",
                condition=models.Q(link_expires__isnull=False, status="open"),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=_status_of_its_type(), name="message_status_of_its_type")
        ]

    def __str__(self) -> str:
        return self.name or self.get_type_display()

    def save(self, **options: Any) -> None:
        """One about a client belongs to its registration."""
        if self.registration_id is None and self.client:
            self.registration_id = self.client.registration_id
        super().save(**options)

    @property
    def company(self) -> str:
        """The client that it is about; the third party where it is about none."""
        return str(self.client or self.registration)


class MessageAttachment(models.Model):
    """A file that came with a message. Its content lies apart from the row, under a name of the server's own.

    `filename` and `mime_type` are as its sender named them, the type checked by content where it can be. `size` is in
    bytes, `digest` the SHA-256.
    """

    public_id = public_id_field()
    message = models.ForeignKey(
        Message, verbose_name=_("message"), on_delete=models.CASCADE, related_name="attachments"
    )
    filename = models.CharField(_("file name"), max_length=255)
    mime_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    digest = models.CharField("sha256", max_length=64, editable=False)
    file = models.FileField(upload_to="attachments/%Y/%m")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["message", "pk"]

    def __str__(self) -> str:
        return self.filename
