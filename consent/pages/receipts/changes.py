"""What differs now from what a receipt says: the company, the data, the services, the dates, the terms (F-199)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from consent.models import Receipt
from consent.queries.grant_contents import grant_contents
from consent.wording import services_in_words


@dataclass(frozen=True, slots=True)
class ThenAndNow:
    """One thing that changed; both sides in words. `no_longer` names services, for those who may read them."""

    what: str
    then: str
    now: str
    no_longer: tuple[str, ...] = ()


def changes_since(
    receipt: Receipt,
    current: Receipt,
    *,
    readable: Mapping[str, Mapping[str, str]],
    has_ended: bool,
) -> tuple[ThenAndNow, ...]:
    """`current` is the receipt that holds now, maybe the same. Four queries where services can join by themselves
    and the sharing goes on, else none.
    """
    changes = list(_of_company_and_terms(receipt))
    if has_ended:
        return tuple(changes)
    return (*changes, *part_changes(receipt, current, readable=readable), *_joined(current))


def part_changes(
    then: Receipt, now: Receipt, *, readable: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[ThenAndNow]:
    """What two receipts of one sharing say otherwise of its data, dates and services. No queries."""
    parts = {part["scope"]: part for part in now.facts["parts"]}
    for part in then.facts["parts"]:
        yield from _of_part(part, parts.get(part["scope"]), readable or {})


def _of_company_and_terms(receipt: Receipt) -> Iterable[ThenAndNow]:
    then, client = receipt.facts["client"], receipt.grant.client
    ours = settings.TERMS_URL
    compared = (
        (_("The company's name"), then["name"], client.name),
        (_("The company's website"), then["uri"], client.confirmed_uri),
        (_("The company's terms"), then["terms_uri"], client.terms_uri),
        (_("The company's privacy policy"), then["policy_uri"], client.policy_uri),
        (_("Our terms of service"), receipt.facts.get("utility_terms_uri", ours), ours),
    )
    return (
        ThenAndNow(what, before or _("none"), after or _("none"))
        for what, before, after in compared
        if before != after
    )


def _of_part(
    then: Mapping[str, Any], now: Mapping[str, Any] | None, readable: Mapping[str, Mapping[str, str]]
) -> Iterable[ThenAndNow]:
    if now is None:
        yield ThenAndNow(then["title"], then["badge"], _("not shared any more"))
        return
    if _dates(then) != _dates(now):
        yield ThenAndNow(then["title"], _dates(then), _dates(now))
    before, after = set(then["contracts"]), set(now["contracts"])
    if before != after or then["added_later"] != now["added_later"]:
        yield ThenAndNow(
            _("Services for “%(title)s”") % {"title": then["title"]},
            _services(then),
            _services(now),
            tuple(readable[key]["number"] for key in sorted(before - after) if key in readable),
        )


def _joined(current: Receipt) -> Iterable[ThenAndNow]:
    """Services that came to the accounts since, where they were included beforehand."""
    parts = {part["scope"]: part for part in current.facts["parts"] if part["added_later"]}
    if not parts:
        return
    contents = grant_contents(current.grant)
    for part in contents.parts:
        shown = parts.get(part.scope.id)
        if shown is None:
            continue
        new = [contents.contracts[pk] for pk in part.contracts]
        came = [contract.commodity for contract in new if contract.public_id not in shown["contracts"]]
        if came:
            yield ThenAndNow(
                _("Services for “%(title)s”") % {"title": part.scope.title},
                _services(shown),
                _("%(services)s more, added since") % {"services": services_in_words(came)},
            )


def _dates(part: Mapping[str, Any]) -> str:
    return f"{part['badge']}. {part['period']} {part.get('readings', '')}".strip()


def _services(part: Mapping[str, Any]) -> str:
    later = _("services added later") if part["added_later"] else ""
    return ", ".join(words for words in (part["services"], later) if words) or _("none")
