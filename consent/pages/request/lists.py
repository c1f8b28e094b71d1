"""A list of services, ready to print: sections with a heading, entries with what the search looks in."""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.pages.request.forms import Choices
from consent.pages.request.service_lists import Section, search_words, sections, visible_choices
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
    shown = {choice.public_id for choice in visible_choices(group, choices)}
    all_sections = sections(group, choices)
    several = is_long and len(all_sections) > 1
    return tuple(_section_view(section, ticked, shown, several=several) for section in all_sections)


def kind_and_number(choice: Choice) -> str:
    """`Electricity 1111111-1`."""
    return f"{capfirst(choice.commodity_words)} {choice.number}"


def _section_view(section: Section, ticked: frozenset[str], shown: set[str], *, several: bool) -> SectionView:
    views = tuple(_choice_view(choice, section, ticked, shown) for choice in section.choices)
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


def _choice_view(choice: Choice, section: Section, ticked: frozenset[str], shown: set[str]) -> ChoiceView:
    details = [f"{choice.address}."] if choice.address else []
    if section.region is not None:
        details.append(_("Account %(number)s.") % {"number": choice.account_number})
    if not choice.can_be_shared:
        details.append(_("Nothing to share here."))
    elif choice.nothing_for:
        details.append(_("Has nothing for: %(titles)s.") % {"titles": "; ".join(choice.nothing_for)})
    return ChoiceView(
        value=choice.public_id,
        label=f"{choice.name}, {kind_and_number(choice)}" if choice.name else kind_and_number(choice),
        detail=" ".join(details),
        ended=_("Ended") if choice.has_ended else "",
        words=search_words(choice),
        can_share=choice.can_be_shared,
        ticked=choice.public_id in ticked,
        is_hidden=choice.public_id not in shown,
    )
