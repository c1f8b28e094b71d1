"""The page on which a customer shares less, ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import ServiceContract
from consent.models import Grant
from consent.pages.change.forms import ChangeForm, present_days, shared_meters
from consent.pages.part_fields import (
    FieldError,
    PartField,
    date_fields,
    moved_days_in_words,
    resolution_field,
)
from consent.pages.service_entries import Section, by_account, meter_ticks, service_entry
from consent.services.change_offer import ChangeOffer
from consent.wording import part_in_words, resolution_in_words, services_in_words

SEARCH_FROM = 11
_ASPECTS: dict[str, Promise] = {
    "data": gettext_lazy("the kinds of data"),
    "dates": gettext_lazy("the dates"),
    "services": gettext_lazy("the services"),
    "later": gettext_lazy("whether later services are included"),
    "role": gettext_lazy("what you may change here"),
}


@dataclass(frozen=True, slots=True)
class ChangePage:
    """What the template prints; `changes` names what differs from what the reader was shown before.

    `summary` pairs each kind of data, and the services, with what remains of it.
    """

    grant: Grant
    whole: bool
    locked: bool
    parts: tuple[PartField, ...]
    accounts: tuple[Section, ...]
    count: str
    is_long: bool
    search: str
    only_ticked: bool
    later_offered: bool
    later: bool
    digest: str
    form_token: str
    errors: tuple[FieldError, ...]
    services_error: str
    changes: tuple[str, ...]
    summary: tuple[tuple[str | Promise, str], ...]


def change_page(
    offer: ChangeOffer,
    form: ChangeForm,
    *,
    form_token: str,
    errors: Sequence[FieldError] = (),
    changes: Sequence[str] = (),
) -> ChangePage:
    """The page for `offer` with the form as it stands; `changes` are aspects of the offer. No queries."""
    messages = {error.field: error.message for error in errors}
    ticked = len(form.contracts)
    count = ngettext("%(count)s of %(total)s ticked", "%(count)s of %(total)s ticked", ticked)
    return ChangePage(
        grant=offer.grant,
        whole=offer.whole,
        locked=any(part.locked for part in offer.parts),
        parts=tuple(
            PartField(
                part=part,
                ticked=part.scope.id in form.data,
                period=part_in_words(part.scope, part.period, at=offer.at),
                dates=date_fields(present_days(part, offer), form.dates, messages),
                error=messages.get(f"data-{part.scope.id}", ""),
                is_over=part.period.is_over(offer.at),
                resolution=resolution_field(part, form.resolutions.get(part.scope.id, part.resolution)),
            )
            for part in offer.parts
        ),
        accounts=tuple(_section(contracts, offer, form) for contracts in by_account(offer.services)),
        count=count % {"count": ticked, "total": len(offer.services)},
        is_long=len(offer.services) >= SEARCH_FROM,
        search=form.search,
        only_ticked=form.only_ticked,
        later_offered=bool(offer.accounts),
        later=form.later,
        digest=offer.digest,
        form_token=form_token,
        errors=tuple(errors),
        services_error=messages.get("services", ""),
        changes=tuple(str(_ASPECTS[aspect]) for aspect in changes),
        summary=_summary(offer, form),
    )


def _section(contracts: Sequence[ServiceContract], offer: ChangeOffer, form: ChangeForm) -> Section:
    """The services of one account."""
    account = contracts[0].billing_account
    return Section(
        account=account.account_number,
        name=account.name,
        entries=tuple(
            service_entry(
                contract,
                detail=contract.address,
                ticked=form.contracts,
                search=form.search,
                only_ticked=form.only_ticked,
                meters=meter_ticks(
                    offer.meters.get(contract.pk, ()), form.meters.get(contract.public_id, ())
                ),
            )
            for contract in contracts
        ),
    )


def _summary(offer: ChangeOffer, form: ChangeForm) -> tuple[tuple[str | Promise, str], ...]:
    rows: list[tuple[str | Promise, str]] = []
    for part in offer.parts if offer.whole else ():
        remains = _("not shared any more")
        if part.scope.id in form.data:
            moved = moved_days_in_words(present_days(part, offer), form.dates)
            resolution = form.resolutions.get(part.scope.id, part.resolution)
            coarser = "" if resolution is part.resolution else resolution_in_words(resolution)
            remains = " ".join(filter(None, (moved, coarser))) or _("stays as it is")
        rows.append((part.scope.title, remains))
    ticked = [contract.commodity for contract in offer.services if contract.public_id in form.contracts]
    later = _("services added later") if form.later else ""
    unticked = sum(
        len(ids - form.meters.get(contract, frozenset()))
        for contract, ids in shared_meters(offer).items()
        if contract in form.contracts
    )
    fewer = ngettext("%(count)s meter less", "%(count)s meters less", unticked) % {"count": unticked}
    words = ", ".join(filter(None, (services_in_words(ticked), fewer if unticked else "", later)))
    return (*rows, (_("Services"), words or _("none")))
