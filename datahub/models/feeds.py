"""Feeds, their runs and the rows they could not take."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock

# what staff call each kind of feed, by name; datahub.feeds.loading.kinds fills it, so that a kind needs no migration
KIND_TITLES: dict[str, str | Promise] = {}


def kind_choices() -> list[tuple[str, str | Promise]]:
    """The kinds of feed as a form offers them."""
    return list(KIND_TITLES.items())


class Feed(models.Model):
    """Where data comes from and how to read it. `settings` correct what a vendor writes wrongly."""

    public_id = public_id_field()
    name = models.CharField(_("name"), max_length=100, unique=True, validators=[validate_one_line])
    kind = models.CharField(_("kind"), max_length=20, choices=kind_choices)
    format = models.CharField(_("format"), max_length=40)
    time_zone = models.CharField(_("time zone"), max_length=60, default="America/Los_Angeles")
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    mapping = models.JSONField(
        "how a CSV is laid out", default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )
    alert_percent = models.PositiveSmallIntegerField(
        _("mail when more percent of a file are rejected; empty: as set for all feeds"), null=True, blank=True
    )
    expected_every_days = models.PositiveSmallIntegerField(
        _("a file is expected every so many days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: no file is missed."),
    )
    expected_at = models.TimeField(
        _("loaded by this time of the day"),
        null=True,
        blank=True,
        help_text=_("In the time zone of the feed; empty: by the end of the day."),
    )
    expected_rows = models.PositiveBigIntegerField(
        _("a file has at least so many rows"), null=True, blank=True
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RunStatus(models.TextChoices):
    WAITING = "waiting", _("waiting for a worker")
    RUNNING = "running", _("running")
    HELD = "held", _("waiting for a confirmation")
    DONE = "done", _("done")
    REFUSED = "refused", _("file refused")
    FAILED = "failed", _("failed")


class FeedRun(models.Model):
    """One file of a feed on its way in. Rows read = accepted + unchanged + rejected + parked, at every moment.

    `superseded` counts those of the unchanged that stated another value, but an older or weaker one than is stored.
    `parked` rows wait for their meter; when it is known, they move to one of the other counts.

    `chunks_done` and `bytes_done` are committed with each chunk, so that a run whose worker died resumes there;
    `chunks_total` is known once the file is through. `heartbeat` tells the sweep that a worker still has it.
    """

    public_id = public_id_field()
    feed = models.ForeignKey(Feed, verbose_name=_("feed"), on_delete=models.PROTECT, related_name="runs")
    file = models.FileField(upload_to="feeds/%Y/%m")
    file_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    status = models.CharField(
        _("status"), max_length=10, choices=RunStatus.choices, default=RunStatus.WAITING
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    version_at = models.DateTimeField("the file's own time; newer wins", null=True, blank=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    chunks_done = models.PositiveIntegerField(default=0)
    chunks_total = models.PositiveIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("starts since the last progress", default=0, db_default=0)
    bytes_done = models.PositiveBigIntegerField(default=0, db_default=0)
    rate = models.FloatField("rows a second over the last chunks", null=True, blank=True)
    rows_read = models.PositiveBigIntegerField(_("rows read"), default=0)
    accepted = models.PositiveBigIntegerField(_("accepted"), default=0)
    unchanged = models.PositiveBigIntegerField(_("unchanged"), default=0)
    superseded = models.PositiveBigIntegerField(_("kept out"), default=0, db_default=0)
    rejected = models.PositiveBigIntegerField(_("rejected"), default=0)
    parked = models.PositiveBigIntegerField(_("parked"), default=0, db_default=0)
    problem = models.TextField(_("what staff should know of it"), blank=True)
    skipped_files = models.JSONField(
        "files of the ZIP that are no data", default=list, db_default=[], editable=False
    )
    confirmed = models.BooleanField("large changes confirmed", default=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("confirmed by"),
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("feed run")
        verbose_name_plural = _("feed runs")
        ordering = ["-created"]
        indexes = [models.Index(fields=["feed", "sha256"], name="run_of_file")]

    def __str__(self) -> str:
        return f"{self.feed}: {self.file_name}"

    @property
    def share_done(self) -> float:
        """How much of the file is through, 0 to 1."""
        if self.status == RunStatus.DONE:
            return 1.0
        return min(self.bytes_done / self.size, 1.0) if self.size else 0.0

    @property
    def seconds_left(self) -> int | None:
        """How long the rest takes at the rate of the last chunks; None where that cannot be told."""
        if self.status != RunStatus.RUNNING or not self.rate or not self.bytes_done or not self.rows_read:
            return None
        rows_left = self.rows_read * max(self.size - self.bytes_done, 0) / self.bytes_done
        return round(rows_left / self.rate)


class RejectedRow(models.Model):
    """A line that was not taken, or `rows` rows of it: why, in words, and the line as it stood."""

    run = models.ForeignKey(
        FeedRun, verbose_name=_("run"), on_delete=models.CASCADE, related_name="rejected_rows"
    )
    line = models.PositiveBigIntegerField(_("line"))
    reason = models.CharField(_("reason"), max_length=500)
    text = models.TextField(_("text"), blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=1, db_default=1)

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ["run", "line", "pk"]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class ParkedReadings(models.Model):
    """Readings of one channel of a meter nobody knows yet, from one chunk of a run; gone once they are loaded.

    `packed` holds their columns (`datahub.feeds.loading.parking`).
    """

    run = models.ForeignKey(
        FeedRun, verbose_name=_("run"), on_delete=models.CASCADE, related_name="parked_readings"
    )
    meter_number = models.CharField(_("meter number"), max_length=100, db_index=True)
    register = models.CharField(_("register"), max_length=100, blank=True)
    commodity = models.CharField(_("commodity"), max_length=20)
    unit = models.CharField(_("unit"), max_length=20)
    direction = models.CharField(_("direction"), max_length=10)
    kind = models.CharField(_("kind"), max_length=10)
    scale = models.SmallIntegerField(_("scale"))
    readings = models.PositiveIntegerField(_("readings"))
    first_line = models.PositiveBigIntegerField(_("first line"))
    packed = models.BinaryField()
    created = models.DateTimeField(_("created"), default=clock.now, editable=False, db_index=True)

    class Meta:
        verbose_name = _("parked readings")
        ordering = ["run", "first_line", "pk"]
        verbose_name_plural = _("parked readings")

    def __str__(self) -> str:
        return f"{self.readings} readings of meter {self.meter_number}"
