"""Where files come from by themselves, what was seen there, and the tokens with which staff's programs send them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from datahub.models.feeds import Feed, FeedRun


class SourceKind(models.TextChoices):
    FOLDER = "folder", _("watched folder")
    HTTPS = "https", _("address to pull from")
    SFTP = "sftp", _("SFTP server")


class FeedSource(models.Model):
    """A place from which a worker takes files at intervals; a new file becomes a run of the feed.

    `secret_name` is the name of an environment variable: the secret itself is stored nowhere. `next_look` is later
    after each failure in a row; `problem` says why, empty: the last look went well.
    """

    public_id = public_id_field()
    feed = models.ForeignKey(Feed, verbose_name=_("feed"), on_delete=models.PROTECT, related_name="sources")
    kind = models.CharField(_("kind"), max_length=10, choices=SourceKind.choices)
    address = models.CharField(_("address"), max_length=500)
    pattern = models.CharField(_("names to take"), max_length=100, default="*")
    every_minutes = models.PositiveSmallIntegerField(_("look every so many minutes"), default=15)
    active = models.BooleanField(_("active"), default=True)
    user_name = models.CharField(_("user name"), max_length=100, blank=True)
    secret_name = models.CharField(_("environment variable with the secret"), max_length=100, blank=True)
    host_key = models.CharField(_("the server's public key"), max_length=1000, blank=True)
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    last_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    last_look = models.DateTimeField(_("last look"), null=True, blank=True, editable=False)
    next_look = models.DateTimeField(_("next look"), default=clock.now, editable=False)
    last_run = models.ForeignKey(
        FeedRun, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    problem = models.TextField(_("problem"), blank=True, editable=False)

    class Meta:
        verbose_name = _("feed source")
        verbose_name_plural = _("feed sources")
        ordering = ["feed", "pk"]
        indexes = [
            models.Index(fields=["next_look"], name="source_to_look_at", condition=models.Q(active=True))
        ]

    def __str__(self) -> str:
        return f"{self.feed}: {self.get_kind_display()}"


class SeenFile(models.Model):
    """A file as the last look at its source saw it: `taken` then, or to be taken if it does not change."""

    source = models.ForeignKey(
        FeedSource, verbose_name=_("source"), on_delete=models.CASCADE, related_name="seen_files"
    )
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    modified_ns = models.BigIntegerField("nanoseconds since 1970")
    taken = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="one_sight_of_a_file")]

    def __str__(self) -> str:
        return self.name


class StaffToken(models.Model):
    """Lets a program send feed files as `user`, and nothing else. The token is shown once and kept as a checksum."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="staff_tokens",
    )
    label = models.CharField(_("what uses it"), max_length=100, validators=[validate_one_line])
    token_checksum = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    expires = models.DateTimeField(_("expires"))
    last_used = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("staff token")
        verbose_name_plural = _("staff tokens")
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.label
