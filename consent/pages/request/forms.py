"""The form of the request page: parse what a browser posts against the offer, validate it, build the decision.

Posted scopes, services and dates count only where the offer has them. `foreign` records that a form named others, so
that the view refuses the decision and does not trim it silently.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import ServiceContract
from accounts.queries.meters import ContractMeter
from consent.pages.part_fields import (
    Bounds,
    FieldError,
    date_bounds,
    date_errors,
    moved_days,
    posted_resolution,
)
from consent.pages.request.share_until import ANSWERS, AS_REQUESTED, ShareUntil, until_errors, until_of_part
from consent.parts import Part
from consent.resolution import Resolution
from consent.scopes.base import Period
from consent.services.decision import DecisionRefused, PartDecision, narrowed_dates
from consent.services.offer import Offer


@dataclass(frozen=True, slots=True)
class Choices:
    """The state of the form. `contracts` are public ids by list, dates are texts by field name, as typed. A last day is
    empty where `until` counts. `meters` are public ids by that of their contract, of contracts with several.

    `numbers` are texts by list; `unread` are lists where numbers or a file wait to be ticked.
    """

    shared: frozenset[str]
    contracts: Mapping[str, frozenset[str]]
    future: frozenset[str]
    meters: Mapping[str, frozenset[str]]
    resolutions: Mapping[str, Resolution]
    dates: Mapping[str, str]
    until: ShareUntil = ShareUntil()
    searches: Mapping[str, str] = field(default_factory=dict)
    only_ticked: frozenset[str] = frozenset()
    by_region: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    foreign: bool = False


def initial_choices(offer: Offer, *, unticked: bool = False) -> Choices:
    """The form as it starts: everything that was requested is ticked (F-68).

    `unticked`: no optional box is ticked, where the law forbids that (F-03).
    """
    return Choices(
        shared=frozenset(
            part.scope.id for part in offer.parts if part.is_required or (part.can_be_shared and not unticked)
        ),
        contracts={
            group.key: frozenset(
                contract.public_id for contract in group.shareable if group.preselected and not unticked
            )
            for group in offer.groups
        },
        future=frozenset(),
        meters={
            contract: frozenset(meter.public_id for meter in meters)
            for contract, meters in offered_meters(offer).items()
        },
        resolutions={},
        dates={
            name: day.isoformat() if day and name.startswith("start-") else ""
            for part in offer.parts
            for name, day in requested_days(part).items()
        },
    )


def posted_choices(offer: Offer, data: QueryDict, files: Container[str] = ()) -> Choices:
    """Parse a posted form, also an erroneous or forged one; `files` are the names of its uploads."""
    numbers = {group.key: data.get(f"numbers-{group.key}", "").strip() for group in offer.groups}
    contracts = {group.key: frozenset(data.getlist(f"contract-{group.key}")) for group in offer.groups}
    known = {group.key: {contract.public_id for contract in group.shareable} for group in offer.groups}
    futures = {group.key for group in offer.groups if group.future_offered}
    meters = {
        contract: frozenset(meter.public_id for meter in meters)
        for contract, meters in offered_meters(offer).items()
    }
    posted_meters = {contract: frozenset(data.getlist(f"meter-{contract}")) for contract in meters}
    resolutions = {
        part.scope.id: posted_resolution(part, data.get(f"resolution-{part.scope.id}", ""))
        for part in offer.parts
        if part.scope.has_resolution and not part.locked
    }
    until = data.get("until", AS_REQUESTED)
    days = [name for part in offer.parts for name in requested_days(part)]
    offered = {
        *(f"share-{part.scope.id}" for part in offer.parts),
        *(f"contract-{group.key}" for group in offer.groups),
        *(f"future-{key}" for key in futures),
        *(f"meter-{contract}" for contract in meters),
        *(f"resolution-{scope}" for scope in resolutions),
        *days,
    }
    prefixes = ("share-", "contract-", "future-", "meter-", "resolution-", "start-", "end-")
    return Choices(
        shared=frozenset(
            part.scope.id for part in offer.parts if part.is_required or f"share-{part.scope.id}" in data
        ),
        contracts={key: posted & known[key] for key, posted in contracts.items()},
        future=frozenset(key for key in futures if f"future-{key}" in data),
        meters={key: posted & meters[key] for key, posted in posted_meters.items()},
        resolutions={scope: resolution for scope, resolution in resolutions.items() if resolution},
        dates={name: data.get(name, "").strip() for name in days},
        until=ShareUntil(until, data.get("until-day", "").strip()) if until in ANSWERS else ShareUntil(),
        searches={group.key: data.get(f"search-{group.key}", "") for group in offer.groups},
        only_ticked=frozenset(group.key for group in offer.groups if f"only-{group.key}" in data),
        by_region=frozenset(group.key for group in offer.groups if data.get(f"by-{group.key}") == "region"),
        numbers=numbers,
        unread=frozenset(key for key, typed in numbers.items() if typed or f"file-{key}" in files),
        foreign=until not in ANSWERS
        or None in resolutions.values()
        or any(posted - meters[key] for key, posted in posted_meters.items())
        or any(posted - known[key] for key, posted in contracts.items())
        or any(name.startswith(prefixes) and name not in offered for name in data),
    )


def fields_after(posted: QueryDict, choices: Choices) -> QueryDict:
    """The posted fields with the services and numbers of `choices`, after a button of a list."""
    fields = posted.copy()
    for key, ticked in choices.contracts.items():
        fields.setlist(f"contract-{key}", sorted(ticked))
        fields[f"numbers-{key}"] = choices.numbers.get(key, "")
    return fields


def requested_days(part: Part) -> Bounds:
    """The date fields of a part by name, each with the requested day; those of a locked part cannot be moved (F-67)."""
    return {} if part.locked else date_bounds(part, start=part.scope.period is Period.DATA)


def validate_choices(choices: Choices, offer: Offer) -> tuple[FieldError, ...]:
    """The errors that prevent a decision to share, in page order (F-80)."""
    if not choices.shared:
        first = offer.parts[0].scope.id
        message = _("Tick at least one kind of data, or choose “Do not share”.")
        return (FieldError(f"share-{first}", message),)
    message = _(
        "You entered numbers, but did not tick them yet: choose “Tick only these”, or empty the field."
    )
    errors = until_errors(offer, choices.until)
    errors += [FieldError(f"numbers-{key}", message) for key in sorted(choices.unread)]
    for part in offer.parts:
        if part.scope.id in choices.shared:
            errors += _part_errors(part, choices, offer)
    return tuple(dict.fromkeys(errors))


def build_decision(choices: Choices, offer: Offer) -> tuple[PartDecision, ...]:
    """The decision of a form without errors."""
    return tuple(
        part_decision(part, choices, offer) for part in offer.parts if part.scope.id in choices.shared
    )


def part_decision(part: Part, choices: Choices, offer: Offer) -> PartDecision:
    """What the form says of one part; a last day of its own counts, else "Share until"."""
    start, end = moved_days(requested_days(part), choices.dates)
    once = False
    if not choices.dates.get(f"end-{part.scope.id}"):
        end, once = until_of_part(part, offer, choices.until)
    return PartDecision(
        scope=part.scope.id,
        contracts=frozenset(contract.pk for contract in selected_contracts(part, choices, offer)),
        include_future=includes_future(part, choices, offer),
        start=start,
        end=end,
        once=once,
        resolution=choices.resolutions.get(part.scope.id, part.resolution),
        meters=chosen_meters(part, choices, offer),
    )


def offered_meters(offer: Offer) -> dict[str, tuple[ContractMeter, ...]]:
    """The meters of contracts with several, by the public id of the contract."""
    contracts = offer.contracts
    return {contracts[key].public_id: meters for key, meters in offer.meters.items()}


def chosen_meters(part: Part, choices: Choices, offer: Offer) -> frozenset[tuple[int, int]]:
    """The ticked meters of selected contracts of which others are not ticked."""
    if not part.scope.has_resolution:
        return frozenset()
    pairs: set[tuple[int, int]] = set()
    for contract in selected_contracts(part, choices, offer):
        meters, ticked = (
            offer.meters.get(contract.pk, ()),
            choices.meters.get(contract.public_id, frozenset()),
        )
        if any(meter.public_id not in ticked for meter in meters):
            pairs |= {(contract.pk, meter.key) for meter in meters if meter.public_id in ticked}
    return frozenset(pairs)


def selected_contracts(part: Part, choices: Choices, offer: Offer) -> tuple[ServiceContract, ...]:
    """The ticked services that this part can cover."""
    group = offer.group_of(part)
    ticked = choices.contracts[group.key]
    return tuple(c for c in group.contracts if c.public_id in ticked and c.pk in part.contracts)


def includes_future(part: Part, choices: Choices, offer: Offer) -> bool:
    """Whether services that are added later are shared under this part."""
    return bool(part.future_accounts) and offer.group_of(part).key in choices.future


def unshareable_in_words(part: Part) -> str:
    """Why an offered part cannot be shared at all; else empty."""
    if part.period.is_empty:
        return _("The dates that were asked for have passed.")
    return "" if part.contracts else _("There is nothing to share here.")


def requested_date_errors(part: Part, choices: Choices) -> list[FieldError]:
    """Dates that cannot be read, lie outside the requested period or in the wrong order."""
    return date_errors(
        part,
        requested_days(part),
        choices.dates,
        too_early=_("“%(title)s”: they did not ask for days before %(day)s."),
        too_late=_("“%(title)s”: they did not ask for days after %(day)s."),
    )


def _empty_period_errors(part: Part, choices: Choices, offer: Offer) -> list[FieldError]:
    """Days that can be read and were requested, but leave nothing of this part."""
    try:
        narrowed_dates(part, part_decision(part, choices, offer), at=offer.at)
    except DecisionRefused:
        message = _("“%(title)s”: these dates leave nothing to share. Choose others, or untick this data.")
        return [FieldError(f"card-{part.scope.id}", message % {"title": part.scope.title})]
    return []


def _part_errors(part: Part, choices: Choices, offer: Offer) -> list[FieldError]:
    title = {"title": part.scope.title}
    if problem := unshareable_in_words(part):
        message = _("“%(title)s” cannot be shared: untick it. %(problem)s")
        return [FieldError(f"share-{part.scope.id}", message % {**title, "problem": problem})]
    errors = requested_date_errors(part, choices) or _empty_period_errors(part, choices, offer)
    if not selected_contracts(part, choices, offer) and not includes_future(part, choices, offer):
        group = offer.group_of(part).key
        message = _("Tick at least one service, or choose “Do not share”.")
        if choices.contracts[group]:
            message = _(
                "None of the services you ticked has anything for “%(title)s”. Tick another, or untick this data."
            )
        errors.append(FieldError(f"services-{group}", message % title))
    if part.scope.has_resolution:
        errors += [
            FieldError(
                f"services-{offer.group_of(part).key}",
                _("Tick at least one meter of each service whose readings you share, or untick the service."),
            )
            for contract in selected_contracts(part, choices, offer)
            if contract.pk in offer.meters and not choices.meters.get(contract.public_id)
        ]
    return errors
