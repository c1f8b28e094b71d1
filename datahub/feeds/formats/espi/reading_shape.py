"""What an IntervalReading says, as texts; and for a run of them, which of its numbers is what."""

import re
from dataclasses import dataclass

from lxml import etree

from datahub.feeds.formats.espi.links import ESPI
from datahub.feeds.formats.espi.uniform_readings import UniformReadings

_NUMERIC = re.compile(r"[0-9-]+")
_WHOLE = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_PERIOD, _QUALITY = f"{ESPI}timePeriod", f"{ESPI}ReadingQuality"
_NAMES = {
    (f"{ESPI}value", ""): "value",
    (_PERIOD, f"{ESPI}start"): "start",
    (_PERIOD, f"{ESPI}duration"): "duration",
    (_QUALITY, f"{ESPI}quality"): "quality",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The texts of a reading in its order, none blank, and the place of those that count: start, duration, value,
    quality. What is not there has no place.
    """

    texts: list[str]
    places: dict[str, int]

    @classmethod
    def of(cls, reading: etree._Element) -> "Shape":
        texts: list[str] = []
        places: dict[str, int] = {}

        def take(element: etree._Element, name: str | None) -> None:
            text = (element.text or "").strip()
            if name:
                places.pop(name, None)  # of several the last counts
                if text:
                    places[name] = len(texts)
            if text:
                texts.append(text)

        take(reading, None)
        for child in reading.iterchildren("*"):
            take(child, _NAMES.get((child.tag, "")))
            for leaf in child.iterdescendants("*"):
                take(leaf, _NAMES.get((child.tag, leaf.tag)))
        return cls(texts, places)

    def text(self, name: str) -> str:
        """What stands there, "" if nothing."""
        return self.texts[self.places[name]] if name in self.places else ""

    def column(self, name: str) -> int | None:
        """Where in a run's numbers it is, if it is a whole number and no more."""
        return self._first(name) if _WHOLE.fullmatch(self.text(name)) else None

    def decimal_columns(self, name: str) -> tuple[int, int] | None:
        """The same of a number with a decimal point: before it, after it."""
        if not _DECIMAL.fullmatch(self.text(name)):
            return None
        first = self._first(name)
        return first, first + 1

    def row(self, run: UniformReadings, row: int) -> "Shape":
        """The same reading with the numbers of another of its run."""
        written = iter(run.written(row))
        texts = [_NUMERIC.sub(lambda _: next(written), text) for text in self.texts]
        return Shape(texts, self.places)

    def _first(self, name: str) -> int:
        return sum(len(_NUMERIC.findall(text)) for text in self.texts[: self.places[name]])
