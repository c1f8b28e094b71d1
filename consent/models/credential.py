"""Secrets by which clients prove who they are."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock


class Credential(models.Model):
    """A secret of a client, kept as a checksum only (X-18). A client may have several that work at a time.

    It works until `expires`; null = until it is renewed. Rows stay when they have expired, since tokens name the secret
    by which they were got. `digest` is null for a secret that is older than this table and was renewed before it was
    used: its slow hash is in the client's row, and is replaced by the digest when the secret is first used.
    """

    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        related_name="credentials",
    )
    digest = models.CharField(max_length=64, null=True, editable=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)

    class Meta:
        ordering = ["client", "-created", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["client", "digest"], name="credential_once_of_a_client"),
            models.UniqueConstraint(
                fields=["client"], condition=Q(digest=None), name="one_credential_without_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.client} of {self.created:%Y-%m-%d}"
