"""The page model of the request page: the offer in the state of the form, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ServiceContract, User
from accounts.queries.roles import shares_from
from cdsc_portal.lib.time.dates_in_words import day_in_words, moment_in_words, month_in_words
from consent.models import Client, ConsentRequest
from consent.pages.part_fields import (
    FieldError,
    PartField,
    date_fields,
    moved_days_in_words,
    resolution_field,
)
from consent.pages.request.forms import (
    Choices,
    includes_future,
    part_decision,
    requested_date_errors,
    requested_days,
    selected_contracts,
    unshareable_in_words,
)
from consent.pages.request.known_company import KnownCompany
from consent.pages.request.service_lists import list_sections
from consent.pages.request.share_until import UntilField, until_field
from consent.pages.request.shown_facts import Difference, sealed_facts
from consent.pages.service_entries import Section
from consent.parts import Part
from consent.periods import PartPeriod
from consent.queries.deciders import deciders_for
from consent.scopes.base import Scope
from consent.scopes.bill_statements import SCOPE as BILL_STATEMENTS
from consent.services.decision import DecisionRefused, narrowed_dates
from consent.services.offer import LONG_LIST, Group, Offer
from consent.wording import (
    badge_in_words,
    exact_period_in_words,
    part_in_words,
    period_in_words,
    readings_in_words,
    service_in_words,
    services_in_words,
    short_period_in_words,
    whole_in_words,
)


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """One list of services; `applies_to` names its kinds of data where there are several lists."""

    id: str
    sections: tuple[Section, ...]
    applies_to: str
    error: str
    count: str
    size: int
    is_long: bool
    search: str
    only_ticked: bool
    has_regions: bool
    by_region: bool
    numbers: str
    numbers_error: str
    file_error: str
    future: str
    future_ticked: bool


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One ticked part in the check of the answers."""

    scope: Scope
    period: str
    services: str


@dataclass(frozen=True, slots=True)
class Deciders:
    """Owners' names for who may not decide or acts for them; since when they have the request, and until when.

    `from_when`: a new login may decide by itself then; empty for who only looks.
    """

    names: str
    handed_over: str
    until: str
    from_when: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """What the template prints beside the facts of the offer. `whole` and `chosen` say in one line what is requested,
    and what would be shared; `chosen` is empty where nothing is ticked. `shown` is for the form: `sealed_facts`.
    """

    offer: Offer
    client: Client
    deciders: Deciders | None
    is_locked: bool
    has_uploads: bool
    known_since: str
    known: KnownCompany | None
    whole: str
    until: UntilField | None
    parts: tuple[PartField, ...]
    groups: tuple[ServiceGroup, ...]
    chosen: str
    summary: tuple[SummaryRow, ...]
    left_out: tuple[Scope, ...]
    services_left_out: str
    errors: tuple[FieldError, ...]
    changes: tuple[Difference, ...]
    shown: str
    note: str


def request_page(
    offer: Offer,
    choices: Choices,
    *,
    errors: Sequence[FieldError] = (),
    changes: Sequence[Difference] = (),
    note: str = "",
    deciders: Deciders | None = None,
    known: KnownCompany | None = None,
) -> RequestPage:
    """The page for `offer` with `choices` ticked. `changes` and `note` say why it is shown again."""
    messages = {error.field: error.message for error in errors}
    shared = [part for part in offer.parts if part.scope.id in choices.shared]
    selected = {c.pk for part in shared for c in selected_contracts(part, choices, offer)}
    shareable = {contract.pk: contract for group in offer.groups for contract in group.shareable}
    left_out = [contract for pk, contract in shareable.items() if pk not in selected] if shared else []
    chosen = whole_in_words(
        [_chosen_period(part, offer, choices) for part in shared],
        kinds=(len(shared), len(offer.parts)),
        services=(len(selected), len(shareable)),
    )
    return RequestPage(
        offer=offer,
        client=offer.request.client,
        deciders=deciders,
        is_locked=any(part.locked for part in offer.parts),
        has_uploads=any(len(group.contracts) > LONG_LIST for group in offer.groups),
        known_since=month_in_words(offer.request.client.created),
        known=known,
        whole=whole_in_words(
            [part.period for part in offer.parts],
            kinds=(len(offer.parts), len(offer.parts)),
            services=(len(shareable), len(shareable)),
        ),
        until=until_field(offer, choices.until, error=messages.get("until-day", "")),
        parts=tuple(_part_field(part, offer, choices, messages) for part in offer.parts),
        groups=tuple(_service_group(group, offer, choices, messages) for group in offer.groups),
        chosen=chosen if shared else "",
        summary=tuple(
            SummaryRow(part.scope, _period(part, offer, choices), _services(part, offer, choices))
            for part in shared
        ),
        left_out=tuple(part.scope for part in offer.parts if part.scope.id not in choices.shared),
        services_left_out=_named_or_counted(left_out),
        errors=tuple(errors),
        changes=tuple(changes),
        shown=sealed_facts(offer),
        note=note,
    )


def deciders_of(request: ConsentRequest, *, viewer: User, at: datetime) -> Deciders:
    """Who can decide `request`, which `viewer` reads. Three queries."""
    may_share_from = shares_from(user=viewer, at=at)
    return Deciders(
        names=", ".join(str(owner) for owner in deciders_for(viewer, at=at)),
        handed_over=moment_in_words(request.handed_over) if request.handed_over else "",
        until=moment_in_words(request.expires) if request.handed_over else "",
        from_when=moment_in_words(may_share_from) if may_share_from else "",
    )


def _period(part: Part, offer: Offer, choices: Choices) -> str:
    """The period as it would be granted, and the customer's own days where they differ from the requested ones."""
    bounds = requested_days(part)
    wrong = {error.field for error in requested_date_errors(part, choices)}
    readable = {name: day for name, day in bounds.items() if name not in wrong and choices.dates[name]}
    changes = moved_days_in_words(readable, choices.dates)
    period = _chosen_period(part, offer, choices)
    if period == part.period:
        sentence = period_in_words(part.scope, period, at=offer.at)
    else:  # in the words of the receipt
        sentence = part_in_words(part.scope, period, at=offer.at)
    decided = part_decision(part, choices, offer)
    readings = readings_in_words(replace(part, resolution=decided.resolution, meters=decided.meters))
    return " ".join(filter(None, (sentence, changes, readings)))


def _chosen_period(part: Part, offer: Offer, choices: Choices) -> PartPeriod:
    """The period as the form says it; as requested where that leaves no day or is wider."""
    try:
        return narrowed_dates(part, part_decision(part, choices, offer), at=offer.at)
    except DecisionRefused:
        return part.period


def _services(part: Part, offer: Offer, choices: Choices) -> str:
    words = [_named_or_counted(selected_contracts(part, choices, offer))]
    if includes_future(part, choices, offer):
        words.append(_("Services you add later"))
    return ", ".join(filter(None, words)) or _("No service ticked yet.")


def _named_or_counted(contracts: Sequence[ServiceContract]) -> str:
    if len(contracts) > LONG_LIST:
        return services_in_words(contract.commodity for contract in contracts)
    return ", ".join(service_in_words(commodity=c.commodity, number=c.contract_number) for c in contracts)


def _service_group(group: Group, offer: Offer, choices: Choices, messages: dict[str, str]) -> ServiceGroup:
    key, ticked, size = group.key, choices.contracts[group.key], len(group.shareable)
    is_long = len(group.contracts) > LONG_LIST
    parts = [part for part in offer.parts if part.scope.id in group.scopes]
    titles = "; ".join(str(part.scope.title) for part in parts)
    count = ngettext("%(count)s of %(total)s ticked", "%(count)s of %(total)s ticked", len(ticked))
    future = ""
    if group.future_offered:
        ends = [part.period.access_ends for part in parts if part.period.lasting]
        last = max(end for end in ends if end is not None)
        future = _("Services I add to these accounts later, until %(day)s") % {"day": day_in_words(last)}
    return ServiceGroup(
        id=key,
        sections=list_sections(group, choices, offer),
        applies_to=_("For: %(titles)s.") % {"titles": titles} if len(offer.groups) > 1 else "",
        error=messages.get(f"services-{key}", ""),
        count=count % {"count": len(ticked), "total": size},
        size=size,
        is_long=is_long,
        search=choices.searches.get(key, ""),
        only_ticked=key in choices.only_ticked,
        has_regions=is_long and any(group.regions.get(contract.pk) for contract in group.contracts),
        by_region=key in choices.by_region,
        numbers=choices.numbers.get(key, ""),
        numbers_error=messages.get(f"numbers-{key}", ""),
        file_error=messages.get(f"file-{key}", ""),
        future=future,
        future_ticked=key in choices.future,
    )


def _part_field(part: Part, offer: Offer, choices: Choices, messages: dict[str, str]) -> PartField:
    note = ""
    if part.scope is BILL_STATEMENTS and offer.group_of(part).has_joint_accounts:
        note = _(
            "A bill for more than one service shows its total and its PDF only if you share all of its services."
        )
    return PartField(
        part=part,
        ticked=part.scope.id in choices.shared,
        period=part_in_words(part.scope, part.period, at=offer.at),
        short_period=short_period_in_words(part.scope, part.period),
        dates=date_fields(requested_days(part), choices.dates, messages),
        resolution=resolution_field(part, choices.resolutions.get(part.scope.id, part.resolution)),
        error=messages.get(f"share-{part.scope.id}", ""),
        badge=badge_in_words(part.period),
        exact=exact_period_in_words(part.period),
        note=note,
        problem=unshareable_in_words(part),
    )
