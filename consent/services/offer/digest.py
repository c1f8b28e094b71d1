"""The digest of an offer: equal while no aspect has changed, and able to tell which aspects differ."""

import hashlib
import json
from collections.abc import Iterable

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cdsc_portal.lib.time.dates_in_words import last_day
from consent.periods import PartPeriod
from consent.scopes.base import Scope
from consent.services.offer.values import Offer

ASPECTS: dict[str, str | Promise] = {
    "company": _("the company's name or website"),
    "purpose": _("what the company says it wants the data for"),
    "terms": _("the company's terms or privacy policy"),
    "data": _("the kinds of data"),
    "dates": _("the dates"),
    "services": _("the services to choose from"),
    "role": _("what you may do with this account"),
}


def digest_of(offer: Offer) -> str:
    """One hash for each of ASPECTS, in their order: of the days shown, not of the language or the time of day."""
    with override("en"):
        aspects = {
            "company": [offer.client_name, offer.client_uri, offer.unchecked_uri],
            "purpose": [offer.purpose],
            "terms": [offer.terms_uri, offer.policy_uri],
            "data": [[*_wording(card.scope), card.locked] for card in offer.cards],
            "dates": [
                [card.scope.id, *_shown_days(card.period), card.period.lasting]
                + [last_day(card.period.access_ends).isoformat()]
                for card in offer.cards
            ],
            "services": [
                *([card.scope.id, sorted(card.contracts), card.future_offered] for card in offer.cards),
                *([choice.pk, choice.account_pk] for group in offer.groups for choice in group.choices),
            ],
            "role": [offer.may_decide, offer.delegate],
        }
    hashes = (hashlib.sha256(json.dumps(aspects[name]).encode()).hexdigest()[:16] for name in ASPECTS)
    return ".".join(hashes)


def changed_aspects(before: str, now: str) -> tuple[str, ...]:
    """The aspects that differ between two digests, as texts; all of them where `before` is not a digest."""
    old, new = before.split("."), now.split(".")
    if len(old) != len(new):
        return tuple(str(words) for words in ASPECTS.values())
    differing: Iterable[bool] = (a != b for a, b in zip(old, new, strict=True))
    return tuple(str(words) for words, differs in zip(ASPECTS.values(), differing, strict=True) if differs)


def _wording(scope: Scope) -> list[str]:
    examples = (words for pair in scope.includes for words in pair)
    shown = (scope.id, scope.title, scope.sentence, *examples, scope.excludes, scope.hint)
    return [str(words) for words in shown]


def _shown_days(period: PartPeriod) -> list[str]:
    start, end = period.window.start, period.window.end
    return [str(start and timezone.localdate(start)), str(end and last_day(end))]
