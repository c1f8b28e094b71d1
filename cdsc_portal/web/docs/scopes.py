"""A page for each scope, from the same declaration that the request form, the gate and the metadata derive from."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.json.encoder import dumps_indented
from cdsc_portal.web.docs.openapi import Operation, operations_opened_by
from consent.queries.scope_settings import available_scopes
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES

Text = str | Promise


@dataclass(frozen=True, slots=True)
class DetailField:
    """One member of an authorization details object."""

    name: str
    form: str
    meaning: Text


@dataclass(frozen=True, slots=True)
class ScopePage:
    """What a third party needs to know to ask for one scope. `names`: what a request may call it, the id first."""

    scope: Scope
    names: tuple[str, ...]
    fields: tuple[DetailField, ...]
    example: str
    operations: tuple[Operation, ...]


_TYPE = _("One of the names above.")
_DATES = "now, -3y, +18mo, -2w, +30d, -12h, 2026-03-01, 2026-03-01T08:00:00Z"
_SERVICES = DetailField(
    "services",
    '"all", ["7000-1", "7000-2"]',
    _(
        "Which services to offer: all current ones, ticked; the listed contract numbers, ticked; without this member "
        "all of them, unticked. The customer chooses."
    ),
)
_OF_DATA = (
    DetailField(
        "start",
        _DATES,
        _("From when the data are asked for. Without it: from the first data on record."),
    ),
    DetailField(
        "end",
        _DATES,
        _(
            "Until when. A date is covered whole. An end to come makes the access ongoing until then; one that is "
            "past, or none, opens what is on record, once."
        ),
    ),
    _SERVICES,
)
_OF_NOW = (
    DetailField(
        "end",
        _DATES,
        _("Until when you may look again; each look shows the state of that moment. Without it: one time."),
    ),
    _SERVICES,
)


def scope_page(name: str) -> ScopePage | None:
    """The page of the scope with the id `name`; None where this server offers none."""
    scope = SCOPES.get(name)
    if scope is None or scope not in available_scopes():
        return None
    is_data = scope.period is Period.DATA
    fields = _OF_DATA if is_data else _OF_NOW
    period = {"start": "-3y", "end": "+3y"} if is_data else {"end": "+1y"}
    return ScopePage(
        scope=scope,
        names=scope.names,
        fields=(DetailField("type", ", ".join(scope.names), _TYPE), *fields),
        example=dumps_indented([{"type": scope.id, **period, "services": "all"}]),
        operations=operations_opened_by(scope.opens),
    )
