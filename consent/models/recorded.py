"""A consent that a customer gave by phone or on paper, written down by one of staff and confirmed by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import new_reference
from cdsc_portal.lib.time import clock
from consent.models.grant import Grant


class RecordedHow(models.TextChoices):
    PHONE = "phone", _("by phone")
    PAPER = "paper", _("on paper")


class RecordedStatus(models.TextChoices):
    WAITING = "waiting", _("waits for a second person")
    CONFIRMED = "confirmed", _("confirmed, grant made")
    REFUSED = "refused", _("refused")


class RecordedConsent(models.Model):
    """What one of staff says a customer agreed to; it opens nothing until another confirms it (P-23).

    `details` is the parsed form (`AccessRequest.as_json`) and `digest` names what was read out, so that a change
    in between is noticed. `wording` is that text, line by line; it names services, so an erasure may blank it.
    `given_at` is when the customer said or signed it. `proof_file` is a scan or a recording, or
    `proof_reference` says where one is kept.
    """

    reference = models.CharField(
        _("reference"), max_length=12, unique=True, default=new_reference, editable=False
    )
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.PROTECT,
        related_name="recorded_consents",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="recorded_consents",
    )
    details = models.JSONField(_("details"))
    digest = models.CharField(max_length=200)
    wording = models.JSONField(default=list)
    language = models.CharField(_("language"), max_length=5)
    how = models.CharField(_("how"), max_length=10, choices=RecordedHow.choices)
    given_at = models.DateTimeField(_("given at"))
    proof_file = models.FileField(upload_to="recorded/%Y/%m", blank=True)
    proof_reference = models.CharField(_("proof reference"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=RecordedStatus.choices, default=RecordedStatus.WAITING
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded at"), default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    refusal = models.CharField(_("refusal"), max_length=300, blank=True)
    grant = models.OneToOneField(
        Grant,
        verbose_name=_("grant"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recorded",
    )

    class Meta:
        verbose_name = _("recorded consent")
        verbose_name_plural = _("recorded consents")
        default_permissions = ("add", "view")
        permissions = [("confirm_recordedconsent", "Can confirm what another of staff recorded")]
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="confirmed")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("recorded_by")) & Q(grant__isnull=False)),
                name="recorded_is_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(proof_file="") | ~Q(proof_reference=""), name="recorded_has_a_proof"
            ),
        ]

    def __str__(self) -> str:
        return self.reference
