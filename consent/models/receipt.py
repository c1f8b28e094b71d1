"""Receipts, disclosures and the mail that tells people about both."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ServiceContract
from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.db.public_ids import new_reference, public_id_field
from cdsc_portal.lib.time import clock
from consent.models.grant import Grant


class Receipt(AppendOnlyModel):
    """What the customer was shown and agreed to, stored so that it never changes (F-171 to F-200).

    Who is logged in reaches it by its number, anybody else by one of its `addresses`.

    `facts` hold wording, periods, client name, purpose and terms as shown; `personal` holds names, addresses and
    printed numbers apart, so that an erasure can blank them while the proof stays. `form_token` names the form whose
    sending wrote it, so that the same form sent again finds its outcome; null where no form can come twice.
    """

    grant = models.ForeignKey(
        Grant, verbose_name=_("grant"), on_delete=models.PROTECT, related_name="receipts"
    )
    number = models.CharField(_("number"), max_length=12, unique=True, default=new_reference, editable=False)
    # always null: addresses have rows of their own; the release after this one drops the column
    key = models.CharField(_("key"), max_length=64, unique=True, null=True, editable=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    facts = models.JSONField(_("facts"))
    personal = models.JSONField(_("personal"), default=dict)
    form_token = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    superseded_by = models.OneToOneField(
        "self",
        verbose_name=_("superseded by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="supersedes",
    )

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.number


class ReceiptAddress(models.Model):
    """An unguessable address that opens `receipt`, and stops its grant, without a login (F-176, F-194).

    Each mail with such a link has its own; only the digest of its key is kept (X-18).
    """

    receipt = models.ForeignKey(
        Receipt, verbose_name=_("receipt"), on_delete=models.CASCADE, related_name="addresses"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"{self.receipt} {self.created}"


class Disclosure(AppendOnlyModel):
    """One release of data to a client, written in the transaction of the answer. Append-only.

    [start, end) is the period that the answer could speak of (null = not a period), [data_start, data_end) the one that
    the values which left speak of, from the first to the end of the last (null = none left, they speak of no period, or
    the row is older than these columns). `value_count` is how many values, `address` from where, personal and erasable.
    `resolution` is how fine readings left: `as_read`, `hourly`, `daily`, `monthly` or `yearly` (empty: no readings, or
    the row is older than the column).
    """

    public_id = public_id_field()
    grant = models.ForeignKey(
        Grant, verbose_name=_("grant"), on_delete=models.PROTECT, related_name="disclosures"
    )
    scope = models.CharField(_("scope"), max_length=60)
    resource = models.CharField(_("resource"), max_length=60)
    start = models.DateTimeField(_("start"), null=True, blank=True)
    end = models.DateTimeField(_("end"), null=True, blank=True)
    data_start = models.DateTimeField(_("start of the first value"), null=True, blank=True)
    data_end = models.DateTimeField(_("end of the last value"), null=True, blank=True)
    value_count = models.PositiveBigIntegerField(_("value count"))
    resolution = models.CharField(_("resolution"), max_length=10, blank=True, default="", db_default="")
    released_at = models.DateTimeField(_("released at"), default=clock.now)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    contracts = models.ManyToManyField(ServiceContract, related_name="disclosures")

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-released_at", "-pk"]
        indexes = [models.Index(fields=["grant", "-released_at"], name="disclosure_of_grant")]

    def __str__(self) -> str:
        return self.public_id
