"""What the request page showed, kept in its form, so that a refusal says what was before and what is now (P-09)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.services.offer import LONG_LIST, Offer
from consent.wording import (
    badge_in_words,
    resolution_in_words,
    service_in_words,
    services_in_words,
    short_period_in_words,
)

_SALT = "consent.request.shown"
_ASPECTS: dict[str, Promise] = {
    "company": gettext_lazy("the company's name or website"),
    "purpose": gettext_lazy("what the company says it wants the data for"),
    "terms": gettext_lazy("the company's terms or privacy policy"),
    "data": gettext_lazy("the kinds of data"),
    "dates": gettext_lazy("the dates"),
    "services": gettext_lazy("the services to choose from"),
    "role": gettext_lazy("what you may do with this account"),
}
Facts = Mapping[str, Mapping[str, str]]
"""By aspect of the offer: labels with what stood beside them, in the language of the page."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An aspect that is not as it was shown; `rows` are what (empty: the aspect itself), then, and now."""

    what: str
    rows: tuple[tuple[str, str, str], ...] = ()


def sealed_facts(offer: Offer) -> str:
    """For the form, signed: what comes back is what a page of this server showed."""
    return signing.dumps(_facts_of(offer), salt=_SALT, compress=True)


def aspects_in_words(aspects: Sequence[str]) -> tuple[str, ...]:
    """What of an offer has changed."""
    return tuple(str(_ASPECTS[aspect]) for aspect in aspects)


def differences(aspects: Sequence[str], *, sealed: str, offer: Offer) -> tuple[Difference, ...]:
    """Each of `aspects` with what `sealed` facts say of it otherwise than `offer` now; no rows where they do not."""
    try:
        before: Facts = signing.loads(sealed, salt=_SALT) if aspects and sealed else {}
    except signing.BadSignature:
        before = {}
    now = _facts_of(offer) if before else {}
    words = aspects_in_words(aspects)
    return tuple(
        Difference(what, tuple(_rows(before, now, aspect)))
        for what, aspect in zip(words, aspects, strict=True)
    )


def _rows(before: Facts, now: Facts, aspect: str) -> list[tuple[str, str, str]]:
    then, current = before.get(aspect, {}), now.get(aspect, {})
    labels = dict.fromkeys((*then, *current))
    none = _("none")
    return [
        (label, then.get(label) or none, current.get(label) or none)
        for label in labels
        if then.get(label) != current.get(label)
    ]


def _facts_of(offer: Offer) -> Facts:
    client = offer.request.client
    contracts = offer.contracts.values()
    services = ", ".join(service_in_words(commodity=c.commodity, number=c.contract_number) for c in contracts)
    if len(contracts) > LONG_LIST:
        services = services_in_words(contract.commodity for contract in contracts)
    if not offer.may_decide:
        role = _("You can only look at these accounts")
    else:
        role = _("You act for an owner") if offer.delegate else _("You can share")
    unchecked = _("%(site)s, not checked") % {"site": client.client_uri} if client.client_uri else ""
    data, dates = {}, {}
    for part in offer.parts:
        title = str(part.scope.title)
        coarsest = part.coarsest_resolution
        data[title] = ", ".join(
            filter(
                None,
                (
                    _("all or none") if part.locked else _("asked for"),
                    resolution_in_words(coarsest) if coarsest else "",
                ),
            )
        )
        dates[title] = ". ".join(
            (short_period_in_words(part.scope, part.period), badge_in_words(part.period))
        )
    name, website, terms, policy = _("Name"), _("Website"), _("Terms"), _("Privacy policy")
    return {
        "company": {name: client.name, website: client.confirmed_uri or unchecked},
        "purpose": {"": client.purpose},
        "terms": {terms: client.terms_uri, policy: client.policy_uri},
        "data": data,
        "dates": dates,
        "services": {"": services},
        "role": {"": role},
    }
