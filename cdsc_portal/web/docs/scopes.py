"""A page for each offer, from the same declaration that the request form, the gate and the metadata derive from."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cdsc_portal.lib.json.encoder import dumps_indented
from cdsc_portal.web.docs.openapi import Operation, operations_opened_by
from consent.queries.scope_offers import OfferedScope, offered_now
from consent.scopes.base import Period, Scope
from consent.scopes.fields import DetailsField

Text = str | Promise
# what a member may look like, beside its format
_DATES = "now, -3y, +18mo, -2w, +30d, -12h, 2026-03-01, 2026-03-01T08:00:00Z"
_FORMS = {"start": _DATES, "end": _DATES, "services": '"all", ["7000-1", "7000-2"]'}


@dataclass(frozen=True, slots=True)
class DetailRow:
    """One member of an authorization details object. `limits` are sentences; empty where there is none to say."""

    name: str
    form: str
    meaning: Text
    limits: str = ""


@dataclass(frozen=True, slots=True)
class OfferPage:
    """What a third party needs to know to ask for one offer. `names`: what a request may call it, the id first.

    `scope` is None of a built-in one; `example` is empty where no details are asked.
    """

    offer: OfferedScope
    scope: Scope | None
    description: str
    names: tuple[str, ...]
    fields: tuple[DetailRow, ...]
    example: str
    operations: tuple[Operation, ...]


def offer_page(offer_id: str) -> OfferPage | None:
    """The page of the open offer with this id; None where this server has none. Four queries."""
    offers = offered_now(role=settings.UTILITY_ROLE)
    offer = next((each for each in offers if each.id == offer_id), None)
    if offer is None:
        return None
    scope = offer.kind.scope
    is_first = offer.id == offer.kind.first_id
    names = scope.names if scope and is_first else (offer.id,)
    type_row = DetailRow("type", ", ".join(names), _("One of the names above."))
    return OfferPage(
        offer=offer,
        scope=scope,
        description=offer.description or str(offer.kind.description),
        names=names,
        fields=(type_row, *(_row(offer, field) for field in offer.fields)) if offer.kind.has_details else (),
        example=_example(offer),
        operations=operations_opened_by(scope.opens) if scope else (),
    )


def _row(offer: OfferedScope, field: DetailsField) -> DetailRow:
    sentences = []
    limits = offer.limits
    if field.id == "start" and limits.days_back is not None:
        days = limits.days_back
        sentences.append(ngettext("At most %d day back.", "At most %d days back.", days) % days)
    if field.id == "end" and limits.days_ahead is not None:
        days = limits.days_ahead
        sentences.append(ngettext("At most %d day ahead.", "At most %d days ahead.", days) % days)
    if field.default is not None:
        sentences.append(_("Without it: %(default)s.") % {"default": field.default})
    return DetailRow(field.id, _form(field), field.description, " ".join(sentences))


def _form(field: DetailsField) -> str:
    choices = ", ".join(choice.id for choice in field.choices)
    return _FORMS.get(field.id) or choices or field.format.value


def _example(offer: OfferedScope) -> str:
    if not offer.kind.has_details:
        return ""
    members: dict[str, Any] = {"type": offer.id}
    if offer.kind.scope is None:
        members |= {field.id: "..." for field in offer.fields}
    else:
        period = {"start": "-3y", "end": "+3y"} if offer.kind.scope.period is Period.DATA else {"end": "+1y"}
        members |= {**period, "services": "all"}
    return dumps_indented([members])
