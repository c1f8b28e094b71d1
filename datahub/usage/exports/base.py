"""What every form of a usage file does: it begins, takes chunks of segments, and ends.

Only a file with its end is whole: a stream that was broken off lacks it, in every form.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from cdsc_portal.lib.time.ranges import Span
from datahub.usage.segments import UsageSegment


class UsageFile(ABC):
    """One file, written once from beginning to end."""

    media_type: ClassVar[str]
    suffix: ClassVar[str]

    def __init__(self, *, window: Span, at: datetime) -> None:
        """`window`: the period the file speaks of; `at`: when it is made."""
        self.window = window
        self.at = at
        self.readings = 0  # written so far

    @property
    def content_type(self) -> str:
        return self.media_type if self.suffix == "json" else f"{self.media_type}; charset=utf-8"

    @abstractmethod
    def begin(self) -> bytes: ...

    @abstractmethod
    def chunk(self, segments: Sequence[UsageSegment]) -> Iterator[bytes]:
        """In the order of `datahub.usage.segments`; a segment may go on in the next chunk."""

    @abstractmethod
    def end(self) -> bytes:
        """What makes the file whole."""
