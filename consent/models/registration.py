"""A third party as it registered, what it was asked for then, and what staff have to look at (R-38 to R-73)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.time import clock


class FieldType(models.TextChoices):
    """What a third party does to meet a requirement; every type but the first is a step after registration (R-44)."""

    REGISTRATION_FIELD = "registration_field", _("value sent with the registration")
    INTERNAL_REVIEW = "internal_review", _("review by staff")
    PAYMENT_REQUIRED = "payment_required", _("payment")
    EMAIL_VERIFICATION = "email_verification", _("e-mail address to confirm")
    SSO_VERIFICATION = "sso_verification", _("single sign-on to confirm")
    ONLINE_FORM = "online_form", _("form on the web")
    PDF_FORM = "pdf_form", _("form as PDF")


class FieldFormat(models.TextChoices):
    """R-43. An image is Base64 of JPEG or PNG, a pdf Base64 of PDF."""

    STRING = "string", _("text")
    STRING_OR_NULL = "string_or_null", _("text or null")
    URL = "url", _("web address")
    URL_OR_NULL = "url_or_null", _("web address or null")
    EMAIL = "email", _("e-mail address")
    EMAIL_OR_NULL = "email_or_null", _("e-mail address or null")
    BOOLEAN = "boolean", _("true or false")
    BOOLEAN_OR_NULL = "boolean_or_null", _("true, false or null")
    IMAGE = "image", _("image")
    IMAGE_OR_NULL = "image_or_null", _("image or null")
    PDF = "pdf", _("PDF document")
    PDF_OR_NULL = "pdf_or_null", _("PDF document or null")

    @property
    def is_nullable(self) -> bool:
        return self.endswith("_or_null")

    @property
    def kind(self) -> str:
        """The format without its `_or_null`."""
        return self.removesuffix("_or_null")


class RegistrationField(models.Model):
    """A requirement of registration that scopes name by `field_id`; staff edit it (R-38 to R-46).

    `start_uri` is where a payment, a form or a PDF begins; where it is empty, on a page of this server. `max_length` is
    in characters, `max_size` in bytes before Base64.
    """

    field_id = models.SlugField(_("short name"), max_length=60, unique=True)
    type = models.CharField(_("type"), max_length=20, choices=FieldType.choices)
    description = models.TextField(_("description"), max_length=2000)
    documentation = models.URLField(_("documentation"), blank=True)
    field_name = models.SlugField(_("member of the request"), max_length=60, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=FieldFormat.choices, blank=True)
    default = models.JSONField(_("default where it is optional"), null=True, blank=True)
    max_length = models.PositiveIntegerField(_("longest text"), null=True, blank=True)
    max_size = models.PositiveIntegerField(_("most bytes"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    start_uri = models.URLField(_("where it begins"), blank=True)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("registration field")
        verbose_name_plural = _("registration fields")
        ordering = ["field_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["field_name"],
                condition=~models.Q(field_name=""),
                name="member_of_one_registration_field",
            )
        ]

    def __str__(self) -> str:
        return self.field_id

    def clean(self) -> None:
        """R-39, R-40, R-42: a value has name and format, a payment amount and currency."""
        wrong: dict[str, str | object] = {}
        is_value = self.type == FieldType.REGISTRATION_FIELD
        if is_value and not self.field_name.startswith("cds_"):
            wrong["field_name"] = _("It begins with cds_")
        if is_value and not self.format:
            wrong["format"] = _("A value has a format.")
        if self.type == FieldType.PAYMENT_REQUIRED and self.amount is None:
            wrong["amount"] = _("A payment has an amount.")
        if self.type == FieldType.PAYMENT_REQUIRED and not (
            len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()
        ):
            wrong["currency"] = _("A payment has a currency of three capital letters, such as USD.")
        if self.type == FieldType.PDF_FORM and not self.start_uri:
            wrong["start_uri"] = _("A form as PDF has the address of the blank form.")
        if wrong:
            raise ValidationError(wrong)


class Registration(models.Model):
    """A third party. Its objects are `clients`; `values` are what it sent for fields, by field id, files apart.

    `flagged`: its name passes for the utility or for another company, so staff look at it before anybody else does.
    """

    public_id = public_id_field()
    name = models.CharField(_("name"), max_length=255)
    values = models.JSONField(_("values of registration fields"), default=dict, blank=True)
    flagged = models.BooleanField(_("name passes for another"), default=False, db_default=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("third party")
        verbose_name_plural = _("third parties")
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return self.name


class RegistrationFile(models.Model):
    """An image or PDF that was sent for a registration field, in a row of its own; `digest` is its SHA-256."""

    registration = models.ForeignKey(
        Registration, verbose_name=_("third party"), on_delete=models.CASCADE, related_name="files"
    )
    field = models.ForeignKey(
        RegistrationField,
        verbose_name=_("registration field"),
        on_delete=models.PROTECT,
        related_name="files",
    )
    mime_type = models.CharField(_("type"), max_length=60)
    digest = models.CharField("sha256", max_length=64, editable=False)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("file of a registration")
        verbose_name_plural = _("files of registrations")
        constraints = [
            models.UniqueConstraint(fields=["registration", "field"], name="one_file_of_a_registration_field")
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.registration}"


class StepStatus(models.TextChoices):
    """Whose turn it is in a step, in the words of messages (R-45)."""

    OPEN = "open", _("the third party has to act")
    PENDING = "pending", _("the utility has to act")
    COMPLETE = "complete", _("complete")
    REJECTED = "rejected", _("rejected")


class RegistrationStep(models.Model):
    """A requirement that a third party meets after it registered; production waits for all of them.

    `message` is the one that asks for it (R-44); a review by staff has none. `messages` are that and those that renew
    its link, which may be opened again and again (R-47, R-48).
    """

    public_id = public_id_field()
    registration = models.ForeignKey(
        Registration, verbose_name=_("third party"), on_delete=models.CASCADE, related_name="steps"
    )
    field = models.ForeignKey(
        RegistrationField, verbose_name=_("requirement"), on_delete=models.PROTECT, related_name="steps"
    )
    status = models.CharField(_("status"), max_length=10, choices=StepStatus.choices)
    message = models.ForeignKey(
        "consent.Message", on_delete=models.PROTECT, null=True, blank=True, related_name="steps"
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("step of a registration")
        verbose_name_plural = _("steps of registrations")
        ordering = ["registration", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["registration", "field"], name="step_once_of_a_registration")
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.registration}"


class ReviewKind(models.TextChoices):
    """What waits for staff."""

    REGISTRATION = "registration", _("registration")
    PRODUCTION_REQUEST = "production_request", _("request for production")
    GRANT_REQUEST = "grant_request", _("request for a grant")
    FIELD_CHANGES = "field_changes", _("changes of an object")
    SUBMISSION = "submission", _("submission")
    GRANT_CHANGES = "grant_changes", _("wish for more of a grant")


class ReviewStatus(models.TextChoices):
    WAITING = "waiting", _("waiting for staff")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    RETURNED = "returned", _("more was asked for")
    WITHDRAWN = "withdrawn", _("replaced by a newer one")


class Review(models.Model):
    """Something of a third party that staff decide. `message` is the one that it is answered under.

    `changes` of an object: a list of {field, previous_value, new_value} as on the wire, applied when approved (R-90).
    Those of a `grant` are what its third party wants beyond what is agreed (R-163). `expected` is when staff mean to
    decide.
    """

    public_id = public_id_field()
    registration = models.ForeignKey(
        Registration, verbose_name=_("third party"), on_delete=models.CASCADE, related_name="reviews"
    )
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
    )
    message = models.ForeignKey(
        "consent.Message", on_delete=models.PROTECT, null=True, blank=True, related_name="reviews"
    )
    grant = models.ForeignKey(
        "consent.Grant",
        verbose_name=_("grant"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reviews",
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ReviewKind.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=ReviewStatus.choices, default=ReviewStatus.WAITING
    )
    changes = models.JSONField(_("changes"), default=list, blank=True)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expected = models.DateTimeField(_("decision expected by"), null=True, blank=True)
    decided = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.TextField(_("reason as the third party reads it"), blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["created", "pk"]
        indexes = [
            models.Index(fields=["created"], name="review_waiting", condition=models.Q(status="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.registration}"
