"""Receipts, and the addresses that open them without a login."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.db.public_ids import new_reference
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
