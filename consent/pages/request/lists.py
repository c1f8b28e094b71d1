"""A list of services, ready to print: sections with a heading, entries with what the search looks in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.pages.request.forms import Choices
from consent.pages.request.service_lists import Section, in_sight, search_words, sections
from consent.services.offer import Choice, Group


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One service in a list; `words` is what the search looks in."""

    value: str
    label: str
    detail: str
    ended: str
    words: str
    can_share: bool
    ticked: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class SectionView:
    """The services of one account, or of one region where `account` is empty."""

    key: str
    account: str
    name: str
    size: str
    choices: tuple[ChoiceView, ...]
    is_hidden: bool
    ticks_at_once: bool


def list_sections(group: Group, choices: Choices, *, is_long: bool) -> tuple[SectionView, ...]:
    """Every section in the order that `sections` gives; a long list can tick each one at once."""
    ticked = choices.contracts[group.key]
    shown = {choice.public_id for choice in in_sight(group, choices)}
    found = sections(group, choices)
    several = is_long and len(found) > 1
    return tuple(_section(section, ticked, shown, several=several) for section in found)


def kind_and_number(choice: Choice) -> str:
    """`Electricity 1111111-1`."""
    return f"{capfirst(choice.commodity_words)} {choice.number}"


def _section(section: Section, ticked: frozenset[str], shown: set[str], *, several: bool) -> SectionView:
    views = tuple(_choice(choice, section, ticked, shown) for choice in section.choices)
    size = len(views)
    by_region = section.region is not None
    return SectionView(
        key=section.key,
        account=section.account_number,
        name=section.region or _("Region not known") if by_region else section.account_name,
        size=ngettext("%(count)s service", "%(count)s services", size) % {"count": size} if several else "",
        choices=views,
        is_hidden=all(view.is_hidden for view in views),
        ticks_at_once=several and size > 1,
    )


def _choice(choice: Choice, section: Section, ticked: frozenset[str], shown: set[str]) -> ChoiceView:
    return ChoiceView(
        value=choice.public_id,
        label=f"{choice.name}, {kind_and_number(choice)}" if choice.name else kind_and_number(choice),
        detail=" ".join(_details(choice, by_region=section.region is not None)),
        ended=_("Ended") if choice.has_ended else "",
        words=search_words(choice),
        can_share=choice.can_be_shared,
        ticked=choice.public_id in ticked,
        is_hidden=choice.public_id not in shown,
    )


def _details(choice: Choice, *, by_region: bool) -> Sequence[str]:
    found = [f"{choice.address}."] if choice.address else []
    if by_region:
        found.append(_("Account %(number)s.") % {"number": choice.account_number})
    if not choice.can_be_shared:
        found.append(_("Nothing to share here."))
    elif choice.nothing_for:
        found.append(_("Has nothing for: %(titles)s.") % {"titles": "; ".join(choice.nothing_for)})
    return found
