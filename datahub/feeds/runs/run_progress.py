"""How far a feed run is, in words for staff."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from datahub.models import FeedRun, RunStatus


def progress_in_words(run: FeedRun) -> str:
    """Percent, and while it runs the rows a second of the last chunks and the time left."""
    words = [f"{int(run.share_done * 100)} %"]
    if run.status == RunStatus.RUNNING and run.rate:
        words.append(_("%(rate)s rows/s") % {"rate": _number(round(run.rate))})
    if run.seconds_left is not None:
        minutes, seconds = divmod(run.seconds_left, 60)
        left = {"minutes": minutes, "seconds": seconds}
        words.append((_("%(minutes)d min %(seconds)d s left") if minutes else _("%(seconds)d s left")) % left)
    return ", ".join(words)


def counts_in_words(run: FeedRun) -> str:
    """What became of the rows so far; they add up at every moment."""
    counts = {
        "rows": _number(run.rows_read),
        "accepted": _number(run.accepted),
        "unchanged": _number(run.unchanged),
        "rejected": _number(run.rejected),
    }
    words = _("%(rows)s rows, %(accepted)s accepted, %(unchanged)s unchanged, %(rejected)s rejected") % counts
    if not run.parked:
        return words
    return words + _(", %(parked)s parked") % {"parked": _number(run.parked)}


def _number(count: int) -> str:
    return number_format(count, force_grouping=True)
