"""How far a feed run is, in words for staff."""

from datahub.models import FeedRun, RunStatus


def progress_in_words(run: FeedRun) -> str:
    """Percent, and while it runs the rows a second of the last chunks and the time left."""
    words = [f"{int(run.share_done * 100)} %"]
    if run.status == RunStatus.RUNNING and run.rate:
        words.append(f"{run.rate:,.0f} rows/s")
    if run.seconds_left is not None:
        minutes, seconds = divmod(run.seconds_left, 60)
        words.append(f"{minutes} min {seconds} s left" if minutes else f"{seconds} s left")
    return ", ".join(words)


def counts_in_words(run: FeedRun) -> str:
    """What became of the rows so far; they add up at every moment."""
    parked = f", {run.parked} parked" if run.parked else ""
    return f"{run.rows_read} rows, {run.accepted} accepted, {run.unchanged} unchanged, {run.rejected} rejected{parked}"
