"""What a browser sends back from the change page, read against what it was shown.

Nothing posted is trusted to name anything; what reaches beyond the offer is `foreign`, so that it is refused rather
than silently trimmed (P-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from consent.pages.part_fields import (
    Bounds,
    FieldError,
    date_bounds,
    date_errors,
    moved_days,
    posted_resolution,
)
from consent.pages.service_entries import is_visible
from consent.parts import Part
from consent.resolution import Resolution
from consent.scopes.base import Period
from consent.services.change import RequestedChange
from consent.services.change_offer import ChangeOffer


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """The state of the form: scopes and public ids that are ticked, dates and search as typed. `meters` are public ids
    by that of their contract, of contracts with several.
    """

    data: frozenset[str]
    contracts: frozenset[str]
    later: bool
    dates: Mapping[str, str]
    resolutions: Mapping[str, Resolution]
    meters: Mapping[str, frozenset[str]]
    search: str = ""
    only_ticked: bool = False
    foreign: bool = False


def present_form(offer: ChangeOffer) -> ChangeForm:
    """Exactly what is shared now."""
    return ChangeForm(
        data=frozenset(part.scope.id for part in offer.parts),
        contracts=frozenset(contract.public_id for contract in offer.services),
        later=bool(offer.accounts),
        dates={
            name: day.isoformat() if day else ""
            for part in offer.parts
            for name, day in present_days(part, offer).items()
        },
        resolutions={part.scope.id: part.resolution for part in offer.parts},
        meters=shared_meters(offer),
    )


def shared_meters(offer: ChangeOffer) -> dict[str, frozenset[str]]:
    """Public ids of the meters that can be unticked, by the public id of their contract."""
    ids = {contract.pk: contract.public_id for contract in offer.services}
    return {ids[key]: frozenset(meter.public_id for meter in meters) for key, meters in offer.meters.items()}


def posted_form(offer: ChangeOffer, posted: QueryDict) -> ChangeForm:
    """What the browser sent, also from an erroneous or forged form."""
    scopes = frozenset(part.scope.id for part in offer.parts)
    locked = frozenset(part.scope.id for part in offer.parts if part.locked)  # these have no tick (F-67)
    data = frozenset(posted.getlist("data")) | locked if offer.whole else scopes
    known = frozenset(contract.public_id for contract in offer.services)
    contracts = frozenset(posted.getlist("contract"))
    later = "later" in posted
    shared = shared_meters(offer)
    meters = {contract: frozenset(posted.getlist(f"meter-{contract}")) for contract in shared}
    named = {name for name in posted if name.startswith("meter-")}
    resolutions = {
        part.scope.id: posted_resolution(part, posted.get(f"resolution-{part.scope.id}", ""))
        for part in offer.parts
        if part.scope.has_resolution and not part.locked and offer.whole
    }
    return ChangeForm(
        data=data & scopes,
        contracts=contracts & known,
        later=later and bool(offer.accounts),
        dates={
            name: posted.get(name, "").strip() for part in offer.parts for name in present_days(part, offer)
        },
        resolutions={
            scope: resolution for scope, resolution in resolutions.items() if resolution is not None
        },
        meters={contract: ticked & shared[contract] for contract, ticked in meters.items()},
        search=posted.get("search", "")[:100],
        only_ticked="only" in posted,
        foreign=None in resolutions.values()
        or bool(data - scopes or contracts - known)
        or bool(named - {f"meter-{contract}" for contract in shared})
        or any(ticked - shared[contract] for contract, ticked in meters.items())
        or (later and not offer.accounts),
    )


def ticked_at_once(form: ChangeForm, offer: ChangeOffer, action: str) -> ChangeForm:
    """After "Tick all" or "Tick none" without a script: `action` is all or none, about the visible services."""
    only = form.contracts if form.only_ticked else None
    shown = frozenset(c.public_id for c in offer.services if is_visible(c, form.search, only))
    if action == "all":
        return replace(form, contracts=form.contracts | shown)
    return replace(form, contracts=form.contracts - shown) if action == "none" else form


def present_days(part: Part, offer: ChangeOffer) -> Bounds:
    """The date fields of a part by name, each with the day that holds now.

    None where the user may not move them, or it is over, goes on until it is stopped, or is locked (F-67).
    """
    if not offer.whole or part.locked or part.period.access_ends is None or part.period.is_over(offer.at):
        return {}
    return date_bounds(part, start=part.scope.period is Period.DATA)


def validate_choices(form: ChangeForm, offer: ChangeOffer) -> tuple[FieldError, ...]:
    """Everything that keeps the form from being a change, in the order of the page (F-80)."""
    if not form.data:
        first = offer.parts[0].scope.id
        return (FieldError(f"data-{first}", _("Keep at least one kind of data, or stop sharing instead.")),)
    errors = [
        error
        for part in offer.parts
        if part.scope.id in form.data
        for error in date_errors(
            part,
            present_days(part, offer),
            form.dates,
            too_early=_("“%(title)s”: days before %(day)s are not shared."),
            too_late=_("“%(title)s”: days after %(day)s are not shared."),
        )
    ]
    if not form.contracts and not form.later and offer.services:
        errors.append(FieldError("services", _("Keep at least one service, or stop sharing instead.")))
    elif offer.whole:
        errors += _empty_parts(form, offer) or _empty_meters(form, offer)
    if not errors and requested_change(form, offer) == requested_change(present_form(offer), offer):
        errors.append(FieldError("change", _("Nothing was changed. Untick something or move a date.")))
    return tuple(errors)


def requested_change(form: ChangeForm, offer: ChangeOffer) -> RequestedChange:
    """The change that a form without errors asks for."""
    return RequestedChange(
        data=form.data,
        contracts=frozenset(
            contract.pk for contract in offer.services if contract.public_id in form.contracts
        ),
        include_future=form.later,
        days={part.scope.id: moved_days(present_days(part, offer), form.dates) for part in offer.parts},
        resolutions={
            part.scope.id: form.resolutions[part.scope.id]
            for part in offer.parts
            if form.resolutions.get(part.scope.id, part.resolution) is not part.resolution
        },
        meters=_kept_meters(form, offer),
    )


def _kept_meters(form: ChangeForm, offer: ChangeOffer) -> frozenset[tuple[int, int]]:
    """Of contracts that stay and of which a meter was unticked, those that are still ticked."""
    pairs: set[tuple[int, int]] = set()
    for contract in offer.services:
        meters = offer.meters.get(contract.pk, ())
        ticked = form.meters.get(contract.public_id, frozenset())
        if contract.public_id in form.contracts and any(meter.public_id not in ticked for meter in meters):
            pairs |= {(contract.pk, meter.key) for meter in meters if meter.public_id in ticked}
    return frozenset(pairs)


def _empty_meters(form: ChangeForm, offer: ChangeOffer) -> list[FieldError]:
    """Services that stay without a meter, while their readings stay."""
    readings = any(part.scope.has_resolution and part.scope.id in form.data for part in offer.parts)
    kept = (c for c in offer.services if c.pk in offer.meters and c.public_id in form.contracts)
    if readings and any(not form.meters.get(contract.public_id) for contract in kept):
        return [
            FieldError(
                "services", _("Keep at least one meter of each service that stays, or untick the service.")
            )
        ]
    return []


def _empty_parts(form: ChangeForm, offer: ChangeOffer) -> list[FieldError]:
    """Kinds of data that would be left without any service."""
    own = {contract.pk: contract.public_id for contract in offer.services}
    ticked = {pk for pk, public_id in own.items() if public_id in form.contracts}
    unlocked = _("None of the services you kept has “%(title)s”. Keep one that has, or untick this data.")
    locked = _("None of the services you kept has “%(title)s”. Keep one that has, or stop sharing instead.")
    return [
        FieldError(
            f"data-{part.scope.id}", (locked if part.locked else unlocked) % {"title": part.scope.title}
        )
        for part in offer.parts
        if part.scope.id in form.data
        and not part.contracts & ticked
        and part.contracts <= own.keys()
        and not (form.later and part.future_accounts)
    ]
