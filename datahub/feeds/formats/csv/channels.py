"""Which channel a line is of, and what its numbers mean: worked out once for all lines that say the same."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.cells import at_most, exact, needed, one_of
from datahub.feeds.formats.csv.mapped_file import NOWHERE, UNTOLD, CsvFile, Lines
from datahub.feeds.formats.csv.mapping import Facts, Measured, Role, Sign
from datahub.feeds.formats.csv.times import Faults, Flags, part_of
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.units import check_commodity, measure
from datahub.rows.base import FeedStructureError, Integers, Settings
from datahub.rows.usage import ChannelKey, ChannelKeys, Unit

_ROLES: tuple[Role, ...] = ("meter", "register", "commodity", "unit", "direction", "kind")
_NO_FACTS = Facts()
_MOST_FACTOR = 10**9
_LONGEST = 100  # characters of a meter's number
_ENERGY_OF: Mapping[str, Unit] = {"W": "Wh", "VA": "VAh", "var": "varh"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """Of lines that say the same: a number is number * factor * 10**exponent in the unit of `key`.

    With `mean_power` it is to be spread over the length of its interval, in hours. With `splits`, a number below 0
    belongs to the channel of the other direction.
    """

    key: ChannelKey  # its meter is the one of lines that name none
    factor: int
    exponent: int
    mean_power: bool
    splits: bool


class Told(NamedTuple):
    """`meanings[of[i]]` is what row i means, `keys[channel[i]]` its channel; of a row at fault they say nothing."""

    of: Integers
    meanings: tuple[Meaning, ...]
    channel: Integers
    keys: ChannelKeys

    def chosen(self, rows: "Flags | Integers") -> "Told":
        return Told(self.of[rows], self.meanings, self.channel[rows], self.keys)

    def where(self, what: Callable[[Meaning], bool]) -> Flags:
        """By row, whether its meaning is so."""
        answers = [what(meaning) for meaning in self.meanings]
        if len(set(answers)) == 1:
            return np.full(len(self.of), answers[0])
        return np.array(answers, np.bool_)[self.of]


class Channels:
    """Reads channels out of cells, the mapping, and the settings that stand in for what no cell says.

    Raises FeedStructureError: a column missing.
    """

    def __init__(self, file: CsvFile, settings: Settings) -> None:
        self._mapping = mapping = file.mapping
        self._places = dict(file.places(*_ROLES))
        self._meter = self._places.pop("meter", None)
        self._sources = {role: mapping.columns[role] for role in _ROLES if role in mapping.columns}
        self._default = {role: settings.get(role) or file.fixed(role) for role in _ROLES}

    def of(self, lines: Lines, faults: Faults) -> Told:
        """Raises FeedStructureError if the first line of the file means nothing."""
        groups, firsts = lines.cells.groups(list(self._places.values()), lines.section)
        places: dict[Meaning, int] = {}
        table = np.zeros(len(firsts), np.int64)
        for group, row in enumerate(firsts.tolist()):
            words = {role: lines.cells.text(row, place) for role, place in self._places.items()}
            try:
                table[group] = places.setdefault(self._meaning(int(lines.section[row]), words), len(places))
            except ValueError as error:
                if lines.is_first and row == 0 and isinstance(error, FeedStructureError):
                    raise FeedStructureError(f"line {lines.cells.lines[0]}: {error}") from error
                for one in np.flatnonzero(groups == group).tolist():
                    faults.setdefault(one, str(error))
        of, meanings = table[groups], tuple(places)
        if not meanings:
            return Told(of, (_NOTHING,), of, ChannelKeys.of([_NOTHING.key]))
        return Told(of, meanings, *self._channels(lines.cells, of, meanings, faults))

    def _channels(
        self, cells: Cells, of: Integers, meanings: tuple[Meaning, ...], faults: Faults
    ) -> tuple[Integers, ChannelKeys]:
        """(channel of each row, channels): each meter of each sort of channel that is meant."""
        columns = [] if self._meter is None else [self._meter]
        groups, firsts = cells.groups(columns, of if len(meanings) > 1 or not columns else None)
        words = [""] * len(firsts) if self._meter is None else cells.texts(firsts, self._meter)
        meant = of[firsts]
        meters, wrong = self._meters(words, [meaning.key.meter_number for meaning in meanings], meant)
        for group, reason in wrong.items():
            for one in np.flatnonzero(groups == group).tolist():
                faults.setdefault(one, reason)
        sorts = ChannelKeys.of([meaning.key for meaning in meanings])
        keys = ChannelKeys(meters, sorts.sorts, sorts.sort[meant])
        if not wrong and len(set(meters)) == len(meters):
            return groups, keys
        return _each_once(groups, keys, wrong)

    def _meters(
        self, words: list[str], default: Sequence[str], meant: Integers
    ) -> tuple[list[str], dict[int, str]]:
        """(the meter that each word names, why some name none); an empty one names the default of what is meant.

        Each is looked at alone only where one may be wrong: a part of a file names many thousands.
        """
        pattern = self._sources["meter"].pattern if "meter" in self._sources else None
        if pattern is None and all(words) and max(map(len, words), default=0) <= _LONGEST:
            return words, {}
        meters, wrong = [], dict[int, str]()
        for group, (word, place) in enumerate(zip(words, meant.tolist(), strict=True)):
            meter = ""
            try:
                meter = needed(part_of(word, pattern) if word else default[place], "meter", _LONGEST)
            except ValueError as error:
                wrong[group] = str(error)
            meters.append(meter)
        return meters, wrong

    def _meaning(self, section: int, cells: Mapping[Role, str]) -> Meaning:
        if section == UNTOLD:
            raise ValueError("the mapping tells of no such section")
        said = {
            role: part_of(word, self._sources[role].pattern) if word else word for role, word in cells.items()
        }
        here = self._mapping.facts(section) if section != NOWHERE else _NO_FACTS
        own = self._mapping.registers.get((said.get("register") or "").casefold(), _NO_FACTS)
        words = {role: self._word(role, said, own, here) for role in _ROLES}
        measured = self._measured(words["unit"])
        base = measure(measured.unit)
        digits, exponent = exact(measured.multiplier)
        more_digits, more_exponent = exact(self._mapping.multiplier)
        if digits * more_digits > _MOST_FACTOR:
            raise FeedStructureError("the multipliers have more digits than can be kept exactly")
        mean_power = self._mapping.mean_power and base.unit in _ENERGY_OF
        unit = _ENERGY_OF[base.unit] if mean_power else base.unit
        sign: Sign = own.sign or here.sign or self._mapping.sign
        return Meaning(
            _key(words, unit, base.commodity),
            digits * more_digits * (-1 if sign == "reversed" else 1),
            base.exponent + exponent + more_exponent,
            mean_power,
            sign == "negative_is_export",
        )

    def _word(self, role: Role, said: Mapping[Role, str], own: Facts, here: Facts) -> str:
        """The cell's word in ours; else what its register, its section, the feed or the mapping says."""
        word = said.get(role, "")
        if role == "register":
            return own.register or word or here.register or self._default[role]
        if not word:
            word = getattr(own, role) or getattr(here, role) or self._default[role]
        if role == "direction":
            return self._mapping.directions.get(word.casefold(), word.lower())
        if role == "kind":
            return self._mapping.kinds.get(word.casefold(), word.lower())
        if role == "commodity":
            return self._mapping.commodities.get(word.casefold(), word)
        return word

    def _measured(self, word: str) -> Measured:
        if word.casefold() in self._mapping.units:
            return self._mapping.units[word.casefold()]
        if not word:
            raise FeedStructureError("the unit is not said: no cell, no setting")
        return Measured(word)


def _each_once(groups: Integers, keys: ChannelKeys, wrong: Container[int]) -> tuple[Integers, ChannelKeys]:
    """(channel of each row, channels): texts that differ may name one meter, meanings that differ one sort.

    `keys[groups[i]]` is the key of row i; those of the groups that are `wrong` are none.
    """
    names = list(zip(keys.meters, keys.sort.tolist(), strict=True))
    places: dict[tuple[str, int], int] = {}
    for group, name in enumerate(names):
        if group not in wrong:
            places.setdefault(name, group)
    if not places:
        return np.zeros_like(groups), ChannelKeys.of([_NOTHING.key])
    numbers = {name: number for number, name in enumerate(places)}
    table = np.array([numbers.get(name, 0) for name in names], np.int64)
    return table[groups], keys.chosen(np.array(list(places.values())))


def _key(words: Mapping[Role, str], unit: Unit, implied: str) -> ChannelKey:
    commodity = one_of(words["commodity"] or implied, "commodity", "electricity", "natural_gas", "water")
    check_commodity(unit, commodity)
    return ChannelKey(
        words["meter"],
        at_most(words["register"], "register", 100),
        commodity,
        unit,
        one_of(
            words["direction"] or ("none" if unit in ("V", "A") else "import"),
            "direction", "import", "export", "net", "none",
        ),
        one_of(
            words["kind"] or ("demand" if unit in ("W", "VA", "var") else "interval"),
            "kind", "interval", "register", "demand",
        ),
    )  # fmt: skip


_NOTHING = Meaning(ChannelKey("", "", "electricity", "Wh", "none", "interval"), 1, 0, False, False)
