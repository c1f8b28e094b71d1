"""Files that a person asked for and that are too long to wait for: a worker writes them."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ServiceContract, User
from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.time import clock

KEPT = timedelta(hours=24)


class DownloadStatus(models.TextChoices):
    WAITING = "waiting", "waits for a worker"
    RUNNING = "running", "is being written"
    READY = "ready", _("can be fetched")
    FAILED = "failed", "could not be written"


class DownloadProblem(models.TextChoices):
    """Why a file is late, or will not come."""

    NO_SPACE = "no_space", "the disk is full"
    NO_ACCESS = "no_access", "a role ended while it was written"
    UNEXPECTED = "unexpected", "see the log"


class Download(models.Model):
    """A usage file of `contracts` for local days [start, end), for its `user` alone until `expires`.

    `done` of about `total` readings are written. `file` names it in the storage only once it is whole.
    """

    public_id = public_id_field()
    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="downloads")
    contracts = models.ManyToManyField(ServiceContract, related_name="+")
    form = models.CharField(max_length=4)
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    status = models.CharField(
        _("status"), max_length=10, choices=DownloadStatus.choices, default=DownloadStatus.WAITING
    )
    problem = models.CharField(_("problem"), max_length=20, choices=DownloadProblem.choices, blank=True)
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField()
    file = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField("bytes", null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    heartbeat = models.DateTimeField("last sign of its worker", default=clock.now)
    expires = models.DateTimeField(_("expires"), null=True)

    class Meta:
        ordering = ["-created", "pk"]
        indexes = [models.Index(fields=["user", "-created"], name="downloads_of_user")]

    def __str__(self) -> str:
        return self.public_id
