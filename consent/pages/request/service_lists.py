"""The lists of services on the request form: sections, visible entries, ticking many at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.pages.request.forms import Choices, FieldError
from consent.pages.request.number_lists import MAX_BYTES, UnreadableList, pasted_numbers, uploaded_numbers
from consent.services.offer import Choice, Group, Offer

_MAX_NAMED = 5  # unknown numbers in a message


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a list under one heading: an account's services, or a region's where `region` is not None."""

    account_number: str
    account_name: str
    region: str | None
    choices: tuple[Choice, ...]

    @property
    def key(self) -> str:
        """What the section's buttons send; holds however the list is arranged by then."""
        return f"account.{self.account_number}" if self.region is None else f"region.{self.region}"


def sections(group: Group, choices: Choices) -> tuple[Section, ...]:
    """The list by account, or by region where the customer wants that; what has no region comes last."""
    if group.key in choices.by_region:
        ordered = sorted(group.choices, key=lambda choice: (not choice.region, choice.region))
        return tuple(
            Section("", "", region, tuple(members))
            for region, members in groupby(ordered, key=lambda choice: choice.region)
        )
    by_account = []
    for _pk, grouped in groupby(group.choices, key=lambda choice: choice.account_pk):
        members = tuple(grouped)
        by_account.append(Section(members[0].account_number, members[0].account_name, None, members))
    return tuple(by_account)


def visible_choices(group: Group, choices: Choices) -> tuple[Choice, ...]:
    """The entries that search and "show only what is ticked" leave visible, as js/request_lists.js does."""
    sought = choices.searches.get(group.key, "").lower().split()
    ticked = choices.contracts[group.key]
    return tuple(
        choice
        for choice in group.choices
        if all(word in search_words(choice) for word in sought)
        and (group.key not in choices.only_ticked or choice.public_id in ticked)
    )


def search_words(choice: Choice) -> str:
    """What the search of a list looks in (F-125)."""
    words = (choice.number, choice.name, choice.address, choice.account_number, choice.account_name)
    return " ".join((*words, choice.region)).lower()


def ticked_at_once(
    choices: Choices, offer: Offer, action: str, files: Mapping[str, UploadedFile]
) -> tuple[Choices, tuple[FieldError, ...]]:
    """After a button of a list: the new ticks, and what was wrong.

    `action` is `all-<list>` or `none-<list>` about the entries in sight, the same with `.<section>` about one
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
    shown = {choice.public_id for choice in visible_choices(group, choices) if choice.can_be_shared}
    if section:
        shown &= {
            choice.public_id
            for choice in group.choices
            if section in (f"account.{choice.account_number}", f"region.{choice.region}")
        }
    ticked = choices.contracts[key]
    return _with_ticks(choices, key, ticked | shown if verb == "all" else ticked - shown), ()


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
    ids_by_number: dict[str, set[str]] = {}
    for choice in group.shareable:
        for number in (choice.number, choice.account_number):
            ids_by_number.setdefault(number.lower(), set()).add(choice.public_id)
    missing = tuple(dict.fromkeys(number for number in numbers if number.lower() not in ids_by_number))
    listed = frozenset[str]().union(*(ids_by_number.get(number.lower(), ()) for number in numbers))
    changed = replace(choices, numbers={**choices.numbers, group.key: "\n".join(missing)})
    if not numbers:
        return choices, (
            FieldError(f"numbers-{group.key}", _("Enter at least one number, or choose a file.")),
        )
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
