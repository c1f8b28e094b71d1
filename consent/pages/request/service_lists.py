"""The lists of services on the request form: sections, visible entries, ticking many at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ServiceContract
from consent.pages.part_fields import FieldError
from consent.pages.request.forms import Choices
from consent.pages.request.number_lists import MAX_BYTES, UnreadableList, pasted_numbers, uploaded_numbers
from consent.pages.service_entries import (
    Section,
    ServiceEntry,
    by_account,
    is_visible,
    meter_ticks,
    service_entry,
)
from consent.scopes.catalogue import SCOPES
from consent.services.offer import LONG_LIST, Group, Offer, has_ended

_MAX_NAMED = 5  # unknown numbers in a message


def list_sections(group: Group, choices: Choices, offer: Offer) -> tuple[Section, ...]:
    """The list by account, or by region where the customer wants that; what has no region comes last.

    A long list can tick each section at once.
    """
    by_region = group.key in choices.by_region
    listed: list[tuple[str, Sequence[ServiceContract]]] = [("", of) for of in by_account(group.contracts)]
    if by_region:
        of_region: dict[str, list[ServiceContract]] = {}
        for contract in group.contracts:
            of_region.setdefault(group.regions.get(contract.pk, ""), []).append(contract)
        listed = sorted(of_region.items(), key=lambda item: (not item[0], item[0]))
    several = len(group.contracts) > LONG_LIST and len(listed) > 1
    sections = []
    for region, members in listed:
        account, size = members[0].billing_account, len(members)
        words = ngettext("%(count)s service", "%(count)s services", size) % {"count": size}
        sections.append(
            Section(
                account="" if by_region else account.account_number,
                name=region or _("Region not known") if by_region else account.name,
                entries=tuple(_entry(contract, group, choices, offer) for contract in members),
                key=f"region.{region}" if by_region else f"account.{account.account_number}",
                size=words if several else "",
                ticks_at_once=several and size > 1,
            )
        )
    return tuple(sections)


def _entry(contract: ServiceContract, group: Group, choices: Choices, offer: Offer) -> ServiceEntry:
    details = [f"{contract.address}."] if contract.address else []
    if group.key in choices.by_region:
        details.append(_("Account %(number)s.") % {"number": contract.billing_account.account_number})
    lacking = group.scopes_without(contract)
    can_share = len(lacking) < len(group.scopes)
    if not can_share:
        details.append(_("Nothing to share here."))
    elif lacking:
        titles = "; ".join(str(scope.title) for scope in lacking)
        details.append(_("Has nothing for: %(titles)s.") % {"titles": titles})
    return service_entry(
        contract,
        detail=" ".join(details),
        ticked=choices.contracts[group.key],
        search=choices.searches.get(group.key, ""),
        only_ticked=group.key in choices.only_ticked,
        region=group.regions.get(contract.pk, ""),
        can_share=can_share,
        meters=_meters(contract, group, choices, offer),
        ended=_("Ended") if has_ended(contract, today=timezone.localdate(offer.at)) else "",
    )


def _meters(
    contract: ServiceContract, group: Group, choices: Choices, offer: Offer
) -> tuple[tuple[str, str, bool], ...]:
    if not any(SCOPES[scope].has_resolution for scope in group.scopes):
        return ()
    return meter_ticks(offer.meters.get(contract.pk, ()), choices.meters.get(contract.public_id, frozenset()))


def ticked_at_once(
    choices: Choices, offer: Offer, action: str, files: Mapping[str, UploadedFile]
) -> tuple[Choices, tuple[FieldError, ...]]:
    """After a button of a list: the new ticks, and what was wrong.

    `action` is `all-<list>` or `none-<list>` about the visible entries, the same with `.<section>` about one
    section, or `list-<list>` to tick only the numbers that were pasted or uploaded.
    """
    verb, _dash, rest = action.partition("-")
    key, _dot, section = rest.partition(".")  # no list's key has a dot
    group = next((group for group in offer.groups if group.key == key), None)
    if group is None:
        return choices, ()
    if verb == "list":
        return _tick_listed(choices, group, files.get(f"file-{key}"))
    if verb not in ("all", "none"):
        return choices, ()
    ticked = choices.contracts[key]
    search, only = choices.searches.get(key, ""), ticked if key in choices.only_ticked else None
    chosen = set()
    for contract in group.shareable:
        region, account = group.regions.get(contract.pk, ""), contract.billing_account.account_number
        if section in ("", f"account.{account}", f"region.{region}"):
            if is_visible(contract, search, only, region=region):
                chosen.add(contract.public_id)
    return _with_ticks(choices, key, ticked | chosen if verb == "all" else ticked - chosen), ()


def _tick_listed(
    choices: Choices, group: Group, file: UploadedFile | None
) -> tuple[Choices, tuple[FieldError, ...]]:
    """Numbers of services, or of accounts for all of their services. Unknown numbers remain in the field."""
    try:
        numbers = pasted_numbers(choices.numbers.get(group.key, ""))
        if file:
            numbers += uploaded_numbers(file.read(MAX_BYTES + 1))
    except UnreadableList:
        message = _("The file cannot be read. Save it as CSV in UTF-8 with the numbers in the first column.")
        return choices, (FieldError(f"file-{group.key}", message),)
    if not numbers:
        message = _("Enter at least one number, or choose a file.")
        return choices, (FieldError(f"numbers-{group.key}", message),)
    ids_by_number: dict[str, set[str]] = {}
    for contract in group.shareable:
        for number in (contract.contract_number, contract.billing_account.account_number):
            ids_by_number.setdefault(number.lower(), set()).add(contract.public_id)
    missing = tuple(dict.fromkeys(number for number in numbers if number.lower() not in ids_by_number))
    listed = frozenset[str]().union(*(ids_by_number.get(number.lower(), ()) for number in numbers))
    changed = replace(choices, numbers={**choices.numbers, group.key: "\n".join(missing)})
    if listed:
        changed = _with_ticks(changed, group.key, listed)
    return changed, (_unknown_numbers_error(group, missing, listed),) if missing else ()


def _unknown_numbers_error(group: Group, missing: Collection[str], listed: Collection[str]) -> FieldError:
    named = ", ".join(list(missing)[:_MAX_NAMED])
    if len(missing) > _MAX_NAMED:
        named += ", …"
    words = {"count": len(missing), "numbers": named}
    message = ngettext(
        "%(count)s number is not in this list: %(numbers)s.",
        "%(count)s numbers are not in this list: %(numbers)s.",
        len(missing),
    )
    rest = _("The others are ticked.") if listed else _("Your ticks are as before.")
    return FieldError(f"numbers-{group.key}", f"{message % words} {rest}")


def _with_ticks(choices: Choices, key: str, ticked: frozenset[str]) -> Choices:
    return replace(choices, contracts={**choices.contracts, key: ticked})
