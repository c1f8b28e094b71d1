"""The words of the page of the generation mix: sources by name, the finding, shares in percent, what a part lacks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from cdsc_portal.lib.text.money import decimals_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import clock_form
from datahub.mix.arithmetic.amounts import UNKNOWN
from datahub.mix.arithmetic.sources import WIDER, plain_name, source_of
from datahub.mix.sums import MixSum, Weighting
from datahub.models import MixMethod
from datahub.usage.pages.periods import ShownPeriod, when_in_words
from datahub.usage.sum_periods import By

# the largest source, and what stands where most is unknown; the grid is never "yours"
_FINDINGS: dict[str, tuple[str | Promise, str | Promise]] = {
    "tariff": (
        gettext_lazy("The largest source of your tariff's electricity %(when)s was %(source)s: %(share)s"),
        gettext_lazy("The source of %(share)s of your tariff's electricity %(when)s is unknown"),
    ),
    "grid": (
        gettext_lazy("The largest source of the grid in your region %(when)s was %(source)s: %(share)s"),
        gettext_lazy("The source of %(share)s of the grid in your region %(when)s is unknown"),
    ),
    "residual": (
        gettext_lazy("The largest source of the untracked electricity %(when)s was %(source)s: %(share)s"),
        gettext_lazy("The source of %(share)s of the untracked electricity %(when)s is unknown"),
    ),
}
_METHODS: dict[str, str | Promise] = {
    MixMethod.PUBLISHED: gettext_lazy(
        "The figures are as the grid operator, an issuing body or the supplier published them."
    ),
    MixMethod.ISSUANCE: gettext_lazy(
        "We worked the figures out from proofs of origin and balanced them with what was used."
    ),
    MixMethod.DOMESTIC: gettext_lazy(
        "We worked the figures out from proofs of origin, without knowing all that was used in the region."
    ),
}
# how the hours count: of a tariff, of the others
_WEIGHINGS: dict[Weighting, tuple[str | Promise, str | Promise]] = {
    Weighting.ENERGY: (
        gettext_lazy("Hours in which you used more count more."),
        gettext_lazy("Hours with more electricity count more."),
    ),
    Weighting.TIME: (
        gettext_lazy("All hours count alike, because we do not know what you used in each of them."),
        gettext_lazy(
            "All hours count alike, because we do not know how much electricity there was in each of them."
        ),
    ),
}
_WEIGHED_APART = (
    gettext_lazy("Hours in which you used more count more, where we know what you used in each of them."),
    gettext_lazy("Hours with more electricity count more, where we know how much there was in each of them."),
)
_WITHOUT_USAGE = gettext_lazy(
    "A company with which you share the mix but not your usage gets sums in which each hour counts the same."
)
_KNOWN: dict[str, str | Promise] = {
    "solar": pgettext_lazy("source of electricity", "solar"),
    "wind": pgettext_lazy("source of electricity", "wind"),
    "hydro": pgettext_lazy("source of electricity", "water power"),
    "geothermal": pgettext_lazy("source of electricity", "geothermal"),
    "biomass": pgettext_lazy("source of electricity", "biomass"),
    "nuclear": pgettext_lazy("source of electricity", "nuclear"),
    "gas": pgettext_lazy("source of electricity", "gas"),
    "oil": pgettext_lazy("source of electricity", "oil"),
    "coal": pgettext_lazy("source of electricity", "coal"),
    "marine": pgettext_lazy("source of electricity", "sea power"),
    "waste": pgettext_lazy("source of electricity", "waste"),
    "peat": pgettext_lazy("source of electricity", "peat"),
    "fossil": pgettext_lazy("source of electricity", "other fossil fuel"),
    "other_renewable": pgettext_lazy("source of electricity", "other renewable"),
    "other": pgettext_lazy("source of electricity", "other"),
}
_UNKNOWN_NAME = pgettext_lazy("source of electricity", "unknown")
_COLORS = 6
_PATTERNS = ("plain", "rising", "lying", "falling", "dots")
_COLOR_AND_PATTERN = {
    "solar": (2, "plain"), "wind": (1, "rising"), "hydro": (3, "lying"), "geothermal": (6, "falling"),
    "biomass": (3, "dots"), "nuclear": (4, "plain"), "gas": (5, "rising"), "oil": (6, "lying"), "coal": (5, "falling"),
    "marine": (2, "dots"), "waste": (6, "plain"), "peat": (4, "falling"), "fossil": (4, "lying"),
    "other_renewable": (3, "plain"), "other": (1, "dots"),
}  # fmt: skip
_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True, slots=True)
class Source:
    """`name` as in a sentence, `label` as in a heading; color and pattern as charts name them."""

    key: str
    name: str
    label: str
    color: str
    pattern: str


def finding(series: str, average: MixSum, sources: Sequence[Source], shown: ShownPeriod) -> str:
    """`The largest source of your tariff's electricity in March 2026 was wind: 41%`."""
    most = max(sources, key=lambda source: average.share(source.key) or Decimal(0))
    largest, unknown = _FINDINGS[series]
    facts = {
        "when": when_in_words(shown),
        "source": most.name,
        "share": percent(average.share(most.key) or Decimal(0), decimals=0),
    }
    return str(unknown if most.key == UNKNOWN else largest) % facts


def percent(share: Decimal, *, decimals: int = 1) -> str:
    """`31.4%` of a share 0 to 1. What is more than nothing is never shown as 0."""
    least = Decimal(1).scaleb(-decimals)
    hundredths = (share * 100).quantize(least, ROUND_HALF_UP)
    language, formats = get_language(), settings.FORMAT_MODULE_PATH
    if share and not hundredths:
        return _("under %(percent)s") % {"percent": _percent(least, decimals, language, formats)}
    return _percent(hundredths or Decimal(0), decimals, language, formats)


@lru_cache(maxsize=4096)  # a page has hundreds of few values; `decimals`, since 5 and 5.0 are equal
def _percent(hundredths: Decimal, decimals: int, _language: str | None, _formats: str | None) -> str:
    return pgettext("a share in percent", "%(number)s%%") % {"number": decimals_in_words(hundredths)}


def methods_in_words(methods: Collection[str]) -> tuple[str, ...]:
    """How the figures came about, a sentence each."""
    return tuple(str(words) for method, words in _METHODS.items() if method in methods)


def weighing_in_words(series: str, weightings: Collection[Weighting]) -> str:
    """How the hours of a figure count; where some are weighed by time, those say so themselves. Where use weighs, also
    what a company gets with which the use is not shared.
    """
    of_use, of_region = _WEIGHINGS[next(iter(weightings))] if len(weightings) == 1 else _WEIGHED_APART
    if series != "tariff":
        return str(of_region)
    return f"{of_use} {_WITHOUT_USAGE}" if Weighting.ENERGY in weightings else str(of_use)


def part_note(seconds: int, due: int, *, is_provisional: bool, counts_alike: bool) -> str:
    """`22 of 24 hours, may still change, all hours count alike`; "" where all of it is known for good and weighed.

    Of the minutes of an hour where it is no longer than that.
    """
    notes = []
    if seconds < due:
        unit = _MINUTE if due <= _HOUR else _HOUR
        known, whole = (number_in_words(round(Decimal(time) / unit, 2)) for time in (seconds, due))
        form = _("%(known)s of %(due)s minutes") if unit == _MINUTE else _("%(known)s of %(due)s hours")
        notes.append(form % {"known": known, "due": whole})
    if is_provisional:
        notes.append(_("may still change"))
    if counts_alike:
        notes.append(_("all hours count alike"))
    return ", ".join(notes)


def under_the_chart(first: date, shown: ShownPeriod) -> str:
    """The short name of a part: `6 PM`, `24` or `Mar`."""
    if shown.is_day:
        assert isinstance(first, datetime)
        local = timezone.localtime(first, timezone.get_default_timezone())
        return date_format(local, clock_form("g A"))
    return date_format(first, "M" if shown.by is By.MONTH else "j")


def known_as(source: str) -> str:
    """The key of a source as a feed names it: a wider one for a code or a special kind, else its own name."""
    known = source_of(source)
    return plain_name(source) if known == UNKNOWN else WIDER[known]


def sources(keys: Iterable[str]) -> tuple[Source, ...]:
    """In fixed order: those with a name here, others by the alphabet, and what is unknown last, always there."""
    named_keys = set(keys) - {UNKNOWN}
    others = sorted(named_keys - _KNOWN.keys())
    named = [
        _named(key, str(name), *_COLOR_AND_PATTERN[key]) for key, name in _KNOWN.items() if key in named_keys
    ]
    strange = [
        _named(key, key.replace("_", " "), place % _COLORS + 1, _PATTERNS[(place + 2) % len(_PATTERNS)])
        for place, key in enumerate(others)
    ]
    unknown = str(_UNKNOWN_NAME)
    return (*named, *strange, Source(UNKNOWN, unknown, capfirst(unknown), "unknown", "rising-line"))


def _named(key: str, name: str, color: int, pattern: str) -> Source:
    return Source(key, name, capfirst(name), f"series-{color}", pattern)
