"""What the page of the generation mix says in words: the finding, shares in percent, how much of a part is told."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cdsc_portal.lib.text.money import number_in_words
from datahub.mix.arithmetic.amounts import UNKNOWN
from datahub.mix.pages.source_names import Source
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
_HOUR, _MINUTE = 3600, 60


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
    hundredths = share * 100
    least = Decimal(1).scaleb(-decimals)
    form = pgettext("a share in percent", "%(number)s%%")
    if 0 < hundredths < least / 2:
        words = {"percent": form % {"number": number_format(least, decimals, use_l10n=True)}}
        return _("under %(percent)s") % words
    return form % {"number": number_format(hundredths, decimals if hundredths else 0, use_l10n=True)}


def time_told(seconds: int, due: int) -> str:
    """`22 of 24 hours`, or of the minutes of an hour; "" where all of it is told."""
    if seconds >= due:
        return ""
    unit = _MINUTE if due <= _HOUR else _HOUR
    words = {"known": _amount(seconds, unit), "due": _amount(due, unit)}
    return (_("%(known)s of %(due)s minutes") if unit == _MINUTE else _("%(known)s of %(due)s hours")) % words


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
    """`22 of 24 hours, may still change, all hours count alike`; "" where all of it is told for good and weighed."""
    notes = [
        time_told(seconds, due),
        _("may still change") if is_provisional else "",
        _("all hours count alike") if counts_alike else "",
    ]
    return ", ".join(filter(None, notes))


def _amount(seconds: int, unit: int) -> str:
    return number_in_words(round(Decimal(seconds) / unit, 2))


def under_the_chart(first: date, shown: ShownPeriod) -> str:
    """The short name of a part: `6 PM`, `24` or `Mar`."""
    if shown.is_day:
        assert isinstance(first, datetime)
        local = timezone.localtime(first, timezone.get_default_timezone())
        return date_format(local, pgettext("format of an hour under a chart, as Django's date filter", "g A"))
    return date_format(first, "M" if shown.by is By.MONTH else "j")
