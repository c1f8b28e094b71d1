"""A third party's request, stored as it was asked: the page, the decision and the receipt read this copy."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import new_reference
from cdsc_portal.lib.time import clock

if TYPE_CHECKING:
    from consent.models.grant import Grant


class RequestStatus(models.TextChoices):
    PUSHED = "pushed", _("pushed, not opened yet")
    WAITING = "waiting", _("waiting for a decision")
    APPROVED = "approved", _("approved")
    DENIED = "denied", _("denied")
    FAILED = "failed", _("refused by a check")
    SUPERSEDED = "superseded", _("superseded by a newer request")


class ConsentRequest(models.Model):
    """One authorization request, pushed (RFC 9126) or direct.

    `key_digest` is that of the key in its page's address (X-18), null until that is opened; `reference` is what people
    read out, and by which its own user comes back to it. `details` is the parsed
    form (`AccessRequest.as_json`), never read from the query string again. `redirect_uri_sent`: the request named its
    redirect address, so the code comes with it (RFC 6749 4.1.3). `request_uri_hash` is the SHA-256
    of a pushed request's URI. `user` opened it and takes the answer back; since `handed_over`, owners of what
    that user sees may decide it for them. `superseded_by` is the newest that the same client asked of the same user
    since. An approval makes `grant`, or changes the one that it `updates`.
    """

    # always null: only its digest is kept; the release after this one drops the column
    key = models.CharField(_("key"), max_length=64, unique=True, null=True, editable=False)
    key_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    reference = models.CharField(
        _("reference"), max_length=12, unique=True, default=new_reference, editable=False
    )
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        related_name="requests",
    )
    request_uri_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    redirect_uri = models.TextField(_("redirect uri"))
    redirect_uri_sent = models.BooleanField(default=False, db_default=False)
    state = models.TextField(blank=True)
    code_challenge = models.CharField(max_length=128)
    prompt_login = models.BooleanField(default=False)
    details = models.JSONField(_("details"))
    status = models.CharField(_("status"), max_length=10, choices=RequestStatus.choices)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires = models.DateTimeField(_("expires"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="consent_requests",
    )
    handed_over = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self",
        verbose_name=_("superseded by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    grant = models.OneToOneField(
        "consent.Grant",
        verbose_name=_("grant"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="request",
    )
    updates = models.ForeignKey(
        "consent.Grant",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="update_requests",
    )

    class Meta:
        verbose_name = _("consent request")
        verbose_name_plural = _("consent requests")
        ordering = ["-created"]
        indexes = [models.Index(fields=["status", "expires"], name="request_waiting")]

    def __str__(self) -> str:
        return self.reference

    @property
    def granted(self) -> "Grant | None":
        """What an approval led to; None before it."""
        return self.updates if self.updates_id and self.status == RequestStatus.APPROVED else self.grant
