"""What a browser sends back from the change page, read against what it was shown.

Nothing posted is trusted to name anything; what reaches beyond the offer is `foreign`, so that it is refused rather
than silently trimmed (P-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import ServiceContract
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.services.change import RequestedChange
from consent.services.change_offer import ChangeOffer, ChangePart


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """The state of the form: scopes and public ids that are ticked, dates and search as typed."""

    data: frozenset[str]
    contracts: frozenset[str]
    later: bool
    dates: Mapping[str, str]
    search: str = ""
    only_ticked: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class ChangeError:
    """A message and the id of the element it is about."""

    field: str
    message: str


def present_form(offer: ChangeOffer) -> ChangeForm:
    """Exactly what is shared now."""
    return ChangeForm(
        data=frozenset(part.scope.id for part in offer.parts),
        contracts=frozenset(contract.public_id for contract in offer.services),
        later=bool(offer.accounts),
        dates={name: day.isoformat() if day else "" for name, day in bounds(offer).items()},
    )


def posted_form(offer: ChangeOffer, posted: QueryDict) -> ChangeForm:
    """What the browser sent, also from an erroneous or forged form."""
    scopes = frozenset(part.scope.id for part in offer.parts)
    locked = frozenset(part.scope.id for part in offer.parts if part.locked)  # these have no tick (F-67)
    data = frozenset(posted.getlist("data")) | locked if offer.whole else scopes
    known = frozenset(contract.public_id for contract in offer.services)
    contracts = frozenset(posted.getlist("contract"))
    later = "later" in posted
    return ChangeForm(
        data=data & scopes,
        contracts=contracts & known,
        later=later and bool(offer.accounts),
        dates={name: posted.get(name, "").strip() for name in bounds(offer)},
        search=posted.get("search", "")[:100],
        only_ticked="only" in posted,
        foreign=bool(data - scopes or contracts - known) or (later and not offer.accounts),
    )


def ticked_at_once(form: ChangeForm, offer: ChangeOffer, action: str) -> ChangeForm:
    """After "Tick all" or "Tick none" without a script: `action` is all or none, about the services in sight."""
    shown = frozenset(contract.public_id for contract in offer.services if is_in_sight(contract, form))
    if action == "all":
        return replace(form, contracts=form.contracts | shown)
    return replace(form, contracts=form.contracts - shown) if action == "none" else form


def is_in_sight(contract: ServiceContract, form: ChangeForm) -> bool:
    """Whether search and "show only what is ticked" leave it visible, as js/request_lists.js does."""
    words = search_words(contract)
    found = all(word in words for word in form.search.lower().split())
    return found and (not form.only_ticked or contract.public_id in form.contracts)


def search_words(contract: ServiceContract) -> str:
    """What the search looks in."""
    account = contract.billing_account
    words = (
        contract.contract_number,
        contract.name,
        contract.address,
        account.account_number,
        account.name,
    )
    return " ".join(words).lower()


def bounds(offer: ChangeOffer) -> dict[str, date | None]:
    """The date fields by name, each with the day that holds now (None = open on that side)."""
    if not offer.whole:
        return {}
    starts = {f"start-{part.scope.id}": part.first_day for part in offer.parts if part.has_start}
    ends = {f"end-{part.scope.id}": part.last_day for part in offer.parts if part.has_end}
    return starts | ends


def validate_choices(form: ChangeForm, offer: ChangeOffer) -> tuple[ChangeError, ...]:
    """Everything that keeps the form from being a change, in the order of the page (F-80)."""
    if not form.data:
        first = offer.parts[0].scope.id
        return (ChangeError(f"data-{first}", _("Keep at least one kind of data, or stop sharing instead.")),)
    errors = [
        error
        for part in offer.parts
        if part.scope.id in form.data
        for side in ("start", "end")
        if (error := _date_error(part, side, form))
    ]
    if not form.contracts and not form.later and offer.services:
        errors.append(ChangeError("services", _("Keep at least one service, or stop sharing instead.")))
    elif offer.whole:
        errors += _empty_parts(form, offer)
    if not errors and requested_change(form, offer) == requested_change(present_form(offer), offer):
        errors.append(ChangeError("change", _("Nothing was changed. Untick something or move a date.")))
    return tuple(errors)


def requested_change(form: ChangeForm, offer: ChangeOffer) -> RequestedChange:
    """The change that a form without errors asks for."""
    return RequestedChange(
        data=form.data,
        contracts=frozenset(
            contract.pk for contract in offer.services if contract.public_id in form.contracts
        ),
        include_future=form.later,
        days={
            part.scope.id: (_own_day(part, "start", form), _own_day(part, "end", form))
            for part in offer.parts
        },
    )


def _empty_parts(form: ChangeForm, offer: ChangeOffer) -> list[ChangeError]:
    """Kinds of data that would be left without any service."""
    mine = {contract.pk: contract.public_id for contract in offer.services}
    kept = {pk for pk, public_id in mine.items() if public_id in form.contracts}
    unlocked = _("None of the services you kept has “%(title)s”. Keep one that has, or untick this data.")
    locked = _("None of the services you kept has “%(title)s”. Keep one that has, or stop sharing instead.")
    return [
        ChangeError(
            f"data-{part.scope.id}", (locked if part.locked else unlocked) % {"title": part.scope.title}
        )
        for part in offer.parts
        if part.scope.id in form.data
        and not part.contracts & kept
        and part.contracts <= mine.keys()
        and not (form.later and part.future_accounts)
    ]


def _date_error(part: ChangePart, side: str, form: ChangeForm) -> ChangeError | None:
    name, typed = f"{side}-{part.scope.id}", form.dates.get(f"{side}-{part.scope.id}", "")
    if not typed:
        return None
    day, words = _day(typed), {"title": part.scope.title}
    if day is None:
        return ChangeError(name, _("“%(title)s”: enter a date, for example 2026-03-31.") % words)
    if part.first_day and day < part.first_day:
        words["day"] = day_in_words(part.first_day)
        return ChangeError(name, _("“%(title)s”: days before %(day)s are not shared.") % words)
    if part.last_day and day > part.last_day:
        words["day"] = day_in_words(part.last_day)
        return ChangeError(name, _("“%(title)s”: days after %(day)s are not shared.") % words)
    start = _day(form.dates.get(f"start-{part.scope.id}", ""))
    if side == "end" and start and day < start:
        return ChangeError(name, _("“%(title)s”: the last day must not be before the first.") % words)
    return None


def _own_day(part: ChangePart, side: str, form: ChangeForm) -> date | None:
    """The customer's own day; None where it is the one that holds already, or none was given."""
    day = _day(form.dates.get(f"{side}-{part.scope.id}", ""))
    return None if day == (part.first_day if side == "start" else part.last_day) else day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
