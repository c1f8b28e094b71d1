"""The running counts of one load: accepted rows, refused rows and why."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from accounts.models import Versioned
from accounts.services.link_changes import Changed


class Refusal(NamedTuple):
    """A row that was refused; `line` counts from 1 in its file."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Each row is accepted (something new or changed), unchanged, or rejected with its reason.

    `ended` counts what a full file no longer lists. `hold_reason`: why nothing was written until someone confirms.
    """

    accepted: int = 0
    unchanged: int = 0
    ended: int = 0
    rejected: tuple[Refusal, ...] = ()
    hold_reason: str | None = None


@dataclass(slots=True)
class Load:
    """`as_of` is the file's own time, `at` the time of the load (UTC); `listed_since`: see LoadWatermark.

    `changed` are the dated links whose dates changed, to be recorded at the end of the load.
    """

    at: datetime
    as_of: datetime
    is_full: bool = False
    listed_since: datetime | None = None
    accepted: int = 0
    unchanged: int = 0
    ended: int = 0
    refused: list[Refusal] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        self.refused.append(Refusal(line, reason))

    def is_older_than(self, stored: Versioned) -> bool:
        """Whether a newer file than this one set the stored row."""
        return stored.version_at is not None and stored.version_at > self.as_of

    def refuse_as_older(self, line: int, stored: Versioned) -> None:
        self.refuse(line, f"a newer file, as of {stored.version_at:%Y-%m-%d %H:%M} UTC, says otherwise")

    @property
    def adds_nothing_current(self) -> bool:
        """Whether a newer full file was loaded: this one cannot bring back what that one did not list."""
        return self.listed_since is not None and self.listed_since > self.as_of

    def refuse_as_unlisted(self, line: int) -> None:
        self.refuse(
            line, f"the newer full file, as of {self.listed_since:%Y-%m-%d %H:%M} UTC, does not list it"
        )

    def result(self) -> LoadResult:
        refused = tuple(sorted(self.refused))
        return LoadResult(self.accepted, self.unchanged, self.ended, refused)
