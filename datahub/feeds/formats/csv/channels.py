"""Which channel a line is of, and what its numbers mean: found once for all lines with the same words."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.cells import at_most, exact, needed, one_of
from datahub.feeds.formats.csv.faults import Faults
from datahub.feeds.formats.csv.mapped_file import NO_SECTION, UNKNOWN_SECTION, CsvFile, Lines
from datahub.feeds.formats.csv.mapping import Facts, Measured, Role, Sign
from datahub.feeds.formats.csv.times import matched_part
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.units import check_commodity, measure
from datahub.rows.base import FeedStructureError, Integers, Settings
from datahub.rows.usage import ChannelKey, ChannelKeys, Direction, Flags, Unit

_ROLES: tuple[Role, ...] = ("meter", "register", "commodity", "unit", "direction", "kind")
_NO_FACTS = Facts()
_MOST_FACTOR = 10**9
_LONGEST_METER = 100  # characters
_ENERGY_OF: Mapping[str, Unit] = {"W": "Wh", "VA": "VAh", "var": "varh"}
_OPPOSITE: Mapping[Direction, Direction] = {"import": "export", "export": "import"}


@dataclass(frozen=True, slots=True)
class Conversion:
    """From the numbers of a line to values of a channel: number * factor * 10**exponent in the unit of `key`.

    With `mean_power` that is a power, to be multiplied with the hours that the reading lasts. With `splits`, a number
    below 0 belongs to the channel of the other direction.
    """

    key: ChannelKey  # its meter is the one of lines that name none
    factor: int
    exponent: int
    mean_power: bool
    splits: bool


_NO_CONVERSION = Conversion(ChannelKey("", "", "electricity", "Wh", "none", "interval"), 1, 0, False, False)


class RowChannels(NamedTuple):
    """Row i has conversions[conversion[i]] and is of keys[channel[i]]; both mean nothing for a row at fault."""

    conversion: Integers
    conversions: tuple[Conversion, ...]
    channel: Integers
    keys: ChannelKeys

    def chosen(self, rows: "Flags | Integers | slice") -> "RowChannels":
        return RowChannels(self.conversion[rows], self.conversions, self.channel[rows], self.keys)

    def where(self, holds: Callable[[Conversion], bool]) -> Flags:
        """By row, whether it holds of its conversion."""
        answers = [holds(conversion) for conversion in self.conversions]
        if len(set(answers)) == 1:
            return np.full(len(self.conversion), answers[0])
        return np.array(answers, np.bool_)[self.conversion]

    def column(self, values: list[int]) -> Integers:
        """`values`, one a conversion, as a column by row; a single cell where all are equal."""
        if len(set(values)) == 1:
            return np.array([values[:1]])
        by_row: Integers = np.array(values, np.int64)[self.conversion][:, None]
        return by_row

    def split_by_sign(
        self, values: Integers, scale: Integers
    ) -> tuple[ChannelKeys, Integers, Integers, Integers]:
        """(channels, channel of each row, values, scale by channel), each number below 0 that splits turned around."""
        turned = self.where(lambda conversion: conversion.splits) & (values < 0)
        if not turned.any():
            return self.keys, self.channel, values, scale
        numbers = {key: number for number, key in enumerate(self.keys)}
        opposite = [
            numbers.setdefault(
                key._replace(direction=_OPPOSITE.get(key.direction, key.direction)), len(numbers)
            )
            for key in self.keys
        ]
        channel = np.where(turned, np.array(opposite)[self.channel], self.channel)
        if len(numbers) != len(scale):
            scale = np.full(len(numbers), scale.max())
        return ChannelKeys.of(numbers), channel, np.where(turned, -values, values), scale


class ChannelReader:
    """Reads channels out of cells, the mapping, and the settings that stand in for what no cell says.

    Raises FeedStructureError: a column missing.
    """

    def __init__(self, file: CsvFile, settings: Settings) -> None:
        self._mapping = mapping = file.mapping
        self._places = dict(file.places(*_ROLES))
        self._meter = self._places.pop("meter", None)
        self._patterns = {role: source.pattern for role, source in mapping.columns.items()}
        self._default = {role: settings.get(role) or file.constant(role) for role in _ROLES}
        self._vocabulary: Mapping[Role, Mapping[str, str]] = {
            "direction": mapping.directions, "kind": mapping.kinds, "commodity": mapping.commodities,
        }  # fmt: skip

    def read(self, lines: Lines, faults: Faults) -> RowChannels:
        """Raises FeedStructureError if the first line of the file has no unit, or one that is not known."""
        groups, firsts = lines.cells.groups(list(self._places.values()), lines.section)
        numbers: dict[Conversion, int] = {}
        by_group = np.zeros(len(firsts), np.int64)
        for group, row in enumerate(firsts.tolist()):
            words = {role: lines.cells.text(row, place) for role, place in self._places.items()}
            try:
                conversion = self._conversion(int(lines.section[row]), words)
                by_group[group] = numbers.setdefault(conversion, len(numbers))
            except ValueError as error:
                if lines.is_first and row == 0 and isinstance(error, FeedStructureError):
                    raise FeedStructureError(f"line {lines.cells.lines[0]}: {error}") from error
                faults.add(np.flatnonzero(groups == group), str(error))
        conversion_of_row, conversions = by_group[groups], tuple(numbers) or (_NO_CONVERSION,)
        channel, keys = self._channels(lines.cells, conversion_of_row, conversions, faults)
        return RowChannels(conversion_of_row, conversions, channel, keys)

    def _channels(
        self, cells: Cells, of: Integers, conversions: Sequence[Conversion], faults: Faults
    ) -> tuple[Integers, ChannelKeys]:
        """(channel of each row, channels): each meter with each conversion, whose number by row is `of`."""
        columns = [] if self._meter is None else [self._meter]
        groups, firsts = cells.groups(columns, of if len(conversions) > 1 or not columns else None)
        words = [""] * len(firsts) if self._meter is None else cells.texts(firsts, self._meter)
        defaults = [conversion.key.meter_number for conversion in conversions]
        meters, wrong = self._meters(words, defaults, of[firsts])
        for group, reason in wrong.items():
            faults.add(np.flatnonzero(groups == group), reason)
        sorts = ChannelKeys.of([conversion.key for conversion in conversions])
        keys = ChannelKeys(meters, sorts.sorts, sorts.sort[of[firsts]])
        if not wrong and len(set(meters)) == len(meters):
            return groups, keys
        return _each_once(groups, keys, wrong)

    def _meters(
        self, words: list[str], defaults: Sequence[str], conversion: Integers
    ) -> tuple[list[str], dict[int, str]]:
        """(meter of each word, reasons why some name none); an empty word means the default of its conversion.

        Words are checked singly only where one may be wrong: a block of a file names many thousands.
        """
        pattern = self._patterns.get("meter")
        if pattern is None and all(words) and max(map(len, words), default=0) <= _LONGEST_METER:
            return words, {}
        meters, wrong = [], dict[int, str]()
        for group, (word, number) in enumerate(zip(words, conversion.tolist(), strict=True)):
            meter = ""
            try:
                meter = matched_part(word, pattern) if word else defaults[number]
                meter = needed(meter, "meter", _LONGEST_METER)
            except ValueError as error:
                wrong[group] = str(error)
            meters.append(meter)
        return meters, wrong

    def _conversion(self, section: int, cells: Mapping[Role, str]) -> Conversion:
        """Raises ValueError: words that name no channel; FeedStructureError where it is the unit."""
        if section == UNKNOWN_SECTION:
            raise ValueError("the mapping tells of no such section")
        cells = {
            role: matched_part(word, self._patterns[role]) if word else "" for role, word in cells.items()
        }
        of_section = self._mapping.facts(section) if section != NO_SECTION else _NO_FACTS
        of_register = self._mapping.registers.get(cells.get("register", "").casefold(), _NO_FACTS)
        words = {role: self._word(role, cells.get(role, ""), of_register, of_section) for role in _ROLES}
        measured = self._mapping.units.get(words["unit"].casefold(), Measured(words["unit"]))
        if not measured.unit:
            raise FeedStructureError("the unit is not said: no cell, no setting")
        base = measure(measured.unit)
        digits, exponent = exact(measured.multiplier)
        more_digits, more_exponent = exact(self._mapping.multiplier)
        if digits * more_digits > _MOST_FACTOR:
            raise FeedStructureError("the multipliers have more digits than can be kept exactly")
        mean_power = self._mapping.mean_power and base.unit in _ENERGY_OF
        unit = _ENERGY_OF[base.unit] if mean_power else base.unit
        sign: Sign = of_register.sign or of_section.sign or self._mapping.sign
        return Conversion(
            _key(words, unit, base.commodity),
            digits * more_digits * (-1 if sign == "reversed" else 1),
            base.exponent + exponent + more_exponent,
            mean_power,
            sign == "negative_is_export",
        )

    def _word(self, role: Role, word: str, of_register: Facts, of_section: Facts) -> str:
        """The cell's word in ours; else what its register, its section, the feed or the mapping says."""
        if role == "register":
            return of_register.register or word or of_section.register or self._default[role]
        word = word or getattr(of_register, role) or getattr(of_section, role) or self._default[role]
        own = word.lower() if role in ("direction", "kind") else word
        return self._vocabulary.get(role, {}).get(word.casefold(), own)


def _each_once(groups: Integers, keys: ChannelKeys, wrong: Container[int]) -> tuple[Integers, ChannelKeys]:
    """(channel of each row, channels): several groups may have one key, as keys[groups[i]] is that of row i.

    The keys of groups that are `wrong` are none.
    """
    names = list(zip(keys.meters, keys.sort.tolist(), strict=True))
    first_group: dict[tuple[str, int], int] = {}
    for group, name in enumerate(names):
        if group not in wrong:
            first_group.setdefault(name, group)
    if not first_group:
        return np.zeros_like(groups), ChannelKeys.of([_NO_CONVERSION.key])
    numbers = {name: number for number, name in enumerate(first_group)}
    by_group = np.array([numbers.get(name, 0) for name in names], np.int64)
    return by_group[groups], keys.chosen(np.array(list(first_group.values())))


def _key(words: Mapping[Role, str], unit: Unit, implied: str) -> ChannelKey:
    commodity = one_of(words["commodity"] or implied, "commodity", "electricity", "natural_gas", "water")
    check_commodity(unit, commodity)
    direction = words["direction"] or ("none" if unit in ("V", "A") else "import")
    kind = words["kind"] or ("demand" if unit in ("W", "VA", "var") else "interval")
    return ChannelKey(
        words["meter"],
        at_most(words["register"], "register", 100),
        commodity,
        unit,
        one_of(direction, "direction", "import", "export", "net", "production", "none"),
        one_of(kind, "kind", "interval", "register", "demand"),
    )
