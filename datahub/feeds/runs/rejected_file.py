"""The rejected lines of a run as a file of the same feed: to be put right and sent again."""

from collections.abc import Iterator
from contextlib import closing, suppress

from datahub.feeds.formats.registry import formats
from datahub.feeds.loading.lines import records
from datahub.feeds.loading.plan import parts_of
from datahub.feeds.runs.chunks import lines_of
from datahub.feeds.runs.stored_files import stored_file
from datahub.models import FeedRun
from datahub.rows.base import FeedStructureError


def can_be_sent_again(run: FeedRun) -> bool:
    """Whether each line of the run's file stands for itself, so that some of them make a file."""
    file_format = formats().get(run.feed.format)
    if not file_format or not file_format.by_line or not run.rejected:
        return False
    with closing(lines_of(run)) as lines:
        return bool(lines.raw(1))


def file_to_send_again(run: FeedRun) -> Iterator[bytes]:
    """What stands above the data of the stored file, then the lines that were rejected, all as they stood there."""
    head_end = 1  # the first line that is a row or was rejected; a refused file has none
    with stored_file(run) as file, suppress(FeedStructureError):
        if part := next(iter(parts_of(feed=run.feed, file=file)), None):
            data_lines = [rejection.line for rejection in part.rejected if rejection.line]
            for row in part.rows:
                data_lines.append(row.line if hasattr(row, "line") else int(row.lines.min()))
            head_end = min(data_lines, default=1)
    numbers = run.rejected_rows.filter(line__gt=0).order_by("line").values_list("line", flat=True).distinct()
    with closing(lines_of(run)) as lines:
        yield from records(lines, range(1, head_end))
        yield from records(lines, numbers)
