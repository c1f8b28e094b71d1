"""The page on which a customer shares less, ready to print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ServiceContract
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.pages.change.forms import ChangeError, ChangeForm, bounds, is_in_sight, search_words
from consent.services.change_offer import ChangeOffer, ChangePart
from consent.wording import commodity_in_words, services_in_words

SEARCH_FROM = 11


@dataclass(frozen=True, slots=True)
class DateView:
    """A date field; `min` and `max` as the browser takes them."""

    name: str
    label: str
    hint: str
    value: str
    min: str
    max: str
    error: str


@dataclass(frozen=True, slots=True)
class PartView:
    """One kind of data with its tick and dates."""

    scope: str
    title: str | Promise
    ticked: bool
    locked: bool
    period: str
    is_over: bool
    is_moved: bool
    dates: tuple[DateView, ...]
    error: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    value: str
    label: str
    detail: str
    words: str
    ticked: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """Services under the account that is billed for them."""

    number: str
    name: str
    services: tuple[ServiceView, ...]
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One thing and what stays of it."""

    what: str | Promise
    stays: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Everything the template prints; `changes` names what differs from what the reader was shown before."""

    public_id: str
    company: str
    giver: str
    whole: bool
    locked: bool
    parts: tuple[PartView, ...]
    accounts: tuple[AccountView, ...]
    count: str
    is_long: bool
    search: str
    only_ticked: bool
    later_offered: bool
    later: bool
    digest: str
    form_token: str
    errors: tuple[ChangeError, ...]
    services_error: str
    changes: tuple[str, ...]
    summary: tuple[SummaryRow, ...]


def change_page(
    offer: ChangeOffer,
    form: ChangeForm,
    *,
    form_token: str,
    errors: Sequence[ChangeError] = (),
    changes: Sequence[str] = (),
) -> ChangePage:
    """The page for `offer` with the form as it stands. No queries."""
    messages = {error.field: error.message for error in errors}
    words = {"count": len(form.contracts), "total": len(offer.services)}
    return ChangePage(
        public_id=offer.grant.public_id,
        company=offer.grant.client.name,
        giver=str(offer.grant.user or ""),
        whole=offer.whole,
        locked=any(part.locked for part in offer.parts),
        parts=tuple(_part(part, form, offer, messages) for part in offer.parts),
        accounts=_accounts(offer, form),
        count=ngettext("%(count)s of %(total)s ticked", "%(count)s of %(total)s ticked", len(form.contracts))
        % words,
        is_long=len(offer.services) >= SEARCH_FROM,
        search=form.search,
        only_ticked=form.only_ticked,
        later_offered=bool(offer.accounts),
        later=form.later,
        digest=offer.digest,
        form_token=form_token,
        errors=tuple(errors),
        services_error=messages.get("services", ""),
        changes=tuple(changes),
        summary=tuple(_summary(offer, form)),
    )


def _part(part: ChangePart, form: ChangeForm, offer: ChangeOffer, messages: dict[str, str]) -> PartView:
    names = [name for name in bounds(offer) if name.partition("-")[2] == part.scope.id]
    dates = tuple(_date(name, part, form, messages) for name in names)
    return PartView(
        scope=part.scope.id,
        title=part.scope.title,
        ticked=part.scope.id in form.data,
        locked=part.locked,
        period=part.period,
        is_over=part.is_over,
        is_moved=any(_is_moved(date) for date in dates),
        dates=dates,
        error=messages.get(f"data-{part.scope.id}", ""),
    )


def _is_moved(date: DateView) -> bool:
    return bool(date.error) or date.value != (date.min if date.name.startswith("start-") else date.max)


def _date(name: str, part: ChangePart, form: ChangeForm, messages: dict[str, str]) -> DateView:
    first, last = part.first_day, part.last_day
    if name.startswith("start-"):
        label = _("First day")
        hint = _("%(day)s or later") % {"day": day_in_words(first)} if first else _("Any day")
    else:
        label = _("Last day")
        hint = _("%(day)s or earlier") % {"day": day_in_words(last)} if last else _("Any day")
    return DateView(
        name=name,
        label=label,
        hint=hint,
        value=form.dates[name],
        min=first.isoformat() if first else "",
        max=last.isoformat() if last else "",
        error=messages.get(name, ""),
    )


def _accounts(offer: ChangeOffer, form: ChangeForm) -> tuple[AccountView, ...]:
    accounts = []
    for _pk, group in groupby(offer.services, key=lambda contract: contract.billing_account_id):
        held = tuple(group)
        account = held[0].billing_account
        services = tuple(_service(one, form) for one in held)
        accounts.append(
            AccountView(
                number=account.account_number,
                name=account.name,
                services=services,
                is_hidden=all(one.is_hidden for one in services),
            )
        )
    return tuple(accounts)


def _service(contract: ServiceContract, form: ChangeForm) -> ServiceView:
    label = f"{capfirst(commodity_in_words(contract.commodity))} {contract.contract_number}"
    return ServiceView(
        value=contract.public_id,
        label=f"{contract.name}, {label}" if contract.name else label,
        detail=contract.address,
        words=search_words(contract),
        ticked=contract.public_id in form.contracts,
        is_hidden=not is_in_sight(contract, form),
    )


def _summary(offer: ChangeOffer, form: ChangeForm) -> Iterator[SummaryRow]:
    if offer.whole:
        for part in offer.parts:
            stays = _("not shared any more")
            if part.scope.id in form.data:
                stays = _moved_days(part, form) or _("stays as it is")
            yield SummaryRow(part.scope.title, stays)
    kept = [contract.commodity for contract in offer.services if contract.public_id in form.contracts]
    later = _("services added later") if form.later else ""
    words = ", ".join(part for part in (services_in_words(kept), later) if part)
    yield SummaryRow(_("Services"), words or _("none"))


def _moved_days(part: ChangePart, form: ChangeForm) -> str:
    """The customer's own days, where they differ from those that hold and can be read."""
    first = _moved(part.first_day, form.dates.get(f"start-{part.scope.id}", ""))
    last = _moved(part.last_day, form.dates.get(f"end-{part.scope.id}", ""))
    words = []
    if first:
        words.append(_("You changed the first day to %(day)s.") % {"day": first})
    if last:
        words.append(_("You changed the last day to %(day)s.") % {"day": last})
    return " ".join(words)


def _moved(holds: date | None, typed: str) -> str:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return ""
    return "" if day == holds else day_in_words(day)
