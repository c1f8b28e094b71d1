"""Secrets by which clients prove who they are."""

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Cast, Now
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import new_public_id
from cdsc_portal.lib.time import clock

_ID_LETTERS = 32  # of an id that the database makes


class Credential(models.Model):
    """A secret of a client: a checksum by which it is known (X-18), and sealed, so that its client can read it again
    (R-138). A client may have several that work at a time.

    It works until `expires`; null = until it is renewed. Rows stay when they have expired, since tokens name the secret
    by which they were got. `sealed` is empty for a secret that was not used since there is this column. `digest` is
    null for a secret that is older than this table and was renewed before it was used: its slow hash is in the client's
    row, and is replaced by the digest when the secret is first used.
    """

    # the database makes one too: for rows of before, and for those of the release before beside this one
    public_id = models.CharField(
        _("public id"),
        max_length=_ID_LETTERS,
        unique=True,
        editable=False,
        default=new_public_id,
        db_default=MD5(Cast(RandomUUID(), models.TextField())),
    )

    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        related_name="credentials",
    )
    digest = models.CharField(max_length=64, null=True, editable=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    sealed = models.TextField(blank=True, default="", db_default="", editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        ordering = ["client", "-created", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["client", "digest"], name="credential_once_of_a_client"),
            models.UniqueConstraint(
                fields=["client"], condition=Q(digest=None), name="one_credential_without_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.client} of {self.created:%Y-%m-%d}"
