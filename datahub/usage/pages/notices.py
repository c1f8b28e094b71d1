"""Tell of use well above what is usual, and of days without readings, who wants to know (P-39)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText
from accounts.models import NoticeKind, User
from accounts.queries.choices import ContractChoice, contract_choices
from accounts.queries.notice_choices import NoticeChoices, notice_choices, who_want
from cdsc_portal.lib.runtime.each import for_each
from cdsc_portal.lib.time.dates_in_words import day_in_words
from cdsc_portal.lib.time.local_days import days, last_midnight_by
from consent.mail.personal import in_one_line, mail_to, write_personal_mail
from datahub.usage.facts import UsageFacts, loaded_until, usage_facts
from datahub.usage.pages.series import Amount, series_by_contract, totals
from datahub.usage.sum_periods import By
from datahub.usage.summed_usage import service_sums

_WEEK, _USUAL = timedelta(days=7), timedelta(days=28)
_LOOKED_BACK = 14  # days in which a gap is told
_ON_ITS_WAY = timedelta(days=3)  # readings of so many days may still come
_LONGEST_OF_A_DAY = timedelta(hours=25)
_KNOWN = Decimal("0.98")  # of what is compared
_MOST_SERVICES = 200  # of one person; a firm looks at its portfolio


@dataclass(frozen=True, slots=True)
class Finding:
    """What is told of one service: `occasion` names it once, `day` is the first it is about."""

    kind: NoticeKind
    contract: ContractChoice
    occasion: str
    day: date


def tell_of_use(*, at: datetime) -> int:
    """Write what is due at `at` to everybody who wants it; to how many. Each in its own transaction; one that fails
    stops no other. Raises SomeFailed once all were tried.
    """
    wanting = who_want(NoticeKind.HIGH_USE) | who_want(NoticeKind.GAP)
    return for_each("notice.not_written", wanting.order_by("pk"), lambda user: _tell(user, at=at))


@transaction.atomic
def _tell(user: User, *, at: datetime) -> bool:
    choices = notice_choices(user=user)
    with override(user.language):
        due = [finding for finding in findings(user, choices, at=at) if finding.kind in choices.on]
        for finding in due:
            mail = _mail(finding, user, choices.percent)
            write_personal_mail(finding.kind, mail, user, occasion=finding.occasion, at=at)
    return bool(due)


def findings(user: User, choices: NoticeChoices, *, at: datetime) -> Iterator[Finding]:
    """Of each service of the user's whose meters are read daily or more often. Six queries at most."""
    contracts = [each for each in contract_choices(user=user, at=at) if not each.has_ended][:_MOST_SERVICES]
    facts = usage_facts([contract.key for contract in contracts])
    until = loaded_until(facts.links, facts.loads)
    if until is None:
        return
    end = last_midnight_by(min(until, at))
    window = days(end - _WEEK - _USUAL, end)
    spans = [
        replace(link, span=cut) for link in facts.links if (cut := link.span.intersect(window)) is not None
    ]
    (by_day,) = service_sums(spans, facts.channels, (By.DAY,))
    series_of = series_by_contract(facts, by_day, By.DAY, {})
    for contract in contracts:
        if not _is_read_daily(facts, contract.key):
            continue
        used = [series.amounts for series in totals(series_of[contract.key]) if series.direction == "import"]
        since = _measured_since(facts, contract.key, window.start)
        for amounts in used[:1]:
            if _is_high(amounts, end, choices.percent):
                week = "{}-{:02}".format(*(end - timedelta(days=1)).isocalendar()[:2])
                yield Finding(NoticeKind.HIGH_USE, contract, f"{contract.public_id} {week}", end - _WEEK)
            gap = _newest_gap(amounts, max(since, end - _WEEK - _USUAL), at)
            if gap is not None:
                yield Finding(NoticeKind.GAP, contract, f"{contract.public_id} {gap.isoformat()}", gap)


def _is_read_daily(facts: UsageFacts, contract: int) -> bool:
    loads = [facts.loads.get(link.meter_id) for link in facts.links if link.contract_id == contract]
    known = [load for load in loads if load is not None]
    return bool(known) and all(load.longest <= _LONGEST_OF_A_DAY for load in known)


def _measured_since(facts: UsageFacts, contract: int, start: datetime | None) -> date:
    """The first whole day that the service was measured."""
    starts = [
        max(link.span.start, load.first)
        for link in facts.links
        if link.contract_id == contract
        and link.span.start is not None
        and (load := facts.loads.get(link.meter_id)) is not None
    ]
    first = min(starts) if starts else start
    assert first is not None
    return last_midnight_by(first) + timedelta(days=1)


def _is_high(amounts: Mapping[date, Amount], end: date, percent: int) -> bool:
    """Whether the last seven days are so far above an average week of the four before, all but wholly known."""
    week, usual = (_of(amounts, end - _WEEK, end), _of(amounts, end - _WEEK - _USUAL, end - _WEEK))
    if not _is_known(week, 7) or not _is_known(usual, 28):
        return False
    average = sum((amount.value for amount in usual), Decimal(0)) / 4
    used = sum((amount.value for amount in week), Decimal(0))
    return average > 0 and used * 100 > average * (100 + percent)


def _newest_gap(amounts: Mapping[date, Amount], first: date, at: datetime) -> date | None:
    """The first day of the newest run of days with something missing, once what is missing should have come."""
    last = last_midnight_by(at - _ON_ITS_WAY)
    missing = [day for day in _days(first, last) if not _is_whole(amounts.get(day))]
    starts = [day for day in missing if day - timedelta(days=1) not in missing]
    recent = [day for day in starts if day >= last - timedelta(days=_LOOKED_BACK)]
    return recent[-1] if recent else None


def _of(amounts: Mapping[date, Amount], first: date, end: date) -> Sequence[Amount]:
    return [amounts[day] for day in _days(first, end) if day in amounts]


def _days(first: date, end: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((end - first).days))


def _is_whole(amount: Amount | None) -> bool:
    return amount is not None and amount.known >= amount.due


def _is_known(amounts: Sequence[Amount], day_count: int) -> bool:
    known, due = sum(amount.known for amount in amounts), sum(amount.due for amount in amounts)
    return len(amounts) == day_count and known >= due * _KNOWN


def _mail(finding: Finding, user: User, percent: int) -> MailText:
    """No readings: a mail is read by others too."""
    if finding.kind == NoticeKind.HIGH_USE:
        subject = _("Your use last week was well above what is usual")
        words = _("It was more than %(percent)s percent above an average week of the four before.")
    else:
        subject = _("Readings are missing")
        words = _("Some readings from %(day)s on have not reached us. If they do not come, ask us.")
    return mail_to(
        user,
        subject=subject,
        paragraphs=(words % {"percent": percent, "day": day_in_words(finding.day)},),
        rows=((_("Service"), in_one_line(finding.contract.label)),),
        path=f"/my/usage/?contract={finding.contract.public_id}",
        link_words=_("See your usage"),
        notice=finding.kind,
    )
