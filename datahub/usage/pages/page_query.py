"""What an address of the usage page asks for: the page's whole state stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from datahub.usage.pages.periods import ShownPeriod


class Show(StrEnum):
    """What the amounts are; the two kinds of money never stand in one view, let alone in one sum."""

    ENERGY = "energy"
    BILLED = "billed"
    ESTIMATE = "estimate"


class Look(StrEnum):
    """How they are drawn: a bar for each part of the period, or each hour of each day as a cell."""

    BARS = "bars"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class UsagePageQuery:
    """Public ids of contract and meter; no meter = all of them. No period = the newest year that has readings.

    `numbers`: where the hours of several series are drawn, the one whose numbers stand on the page, counted from 1.
    """

    contract: str = ""
    period: ShownPeriod | None = None
    meter: str = ""
    show: Show = Show.ENERGY
    look: Look = Look.BARS
    numbers: int = 1

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "UsagePageQuery":
        """Raises ValueError for a period, an amount, a look or numbers that there are not."""
        text = query.get("period", "")
        asked = cls(
            query.get("contract", ""),
            ShownPeriod.parse(text) if text else None,
            query.get("meter", ""),
            Show(query.get("show") or Show.ENERGY),
            Look(query.get("look") or Look.BARS),
            int(query.get("numbers") or 1),
        )
        return replace(asked, look=asked.possible_look)

    @property
    def possible_look(self) -> Look:
        """Only the hours of energy in a year or a month can be drawn."""
        period = self.period
        cells = period is None or not (period.start is None or period.is_day)
        return self.look if cells and self.show is Show.ENERGY else Look.BARS

    def url(self, **changes: Any) -> str:
        """The address of the same page with `changes`, defaults left out."""
        asked = replace(self, **changes)
        asked = replace(asked, look=asked.possible_look)
        said = {
            "contract": asked.contract,
            "period": asked.period.text if asked.period else "",
            "meter": asked.meter,
            "show": "" if asked.show is Show.ENERGY else asked.show.value,
            "look": "" if asked.look is Look.BARS else asked.look.value,
            "numbers": "" if asked.look is Look.BARS or asked.numbers == 1 else str(asked.numbers),
        }
        return f"?{urlencode({name: value for name, value in said.items() if value})}"
