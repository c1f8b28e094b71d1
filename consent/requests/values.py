"""What a request says once it is read, and what can be wrong with one. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

from consent.resolution import Resolution
from consent.scopes.catalogue import SCOPES

Services = Literal["all"] | tuple[str, ...] | None


class InvalidRequest(ValueError):
    """The request as a whole cannot be read (invalid_request). `description` is plain ASCII for the third
    party.
    """

    error = "invalid_request"

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class InvalidScope(InvalidRequest):
    """A name in `scope` is malformed, unknown or not this client's (invalid_scope)."""

    error = "invalid_scope"


class InvalidDetails(InvalidRequest):
    """Authorization details break a rule (invalid_authorization_details, X-09); `field` names where."""

    error = "invalid_authorization_details"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


@dataclass(frozen=True, slots=True)
class RequestedPart:
    """One scope as asked. `scope` is its id, `type_sent` the name the client used; dates are still text.

    `services` is "all", contract numbers, or None where the customer is to pick. `locked`: shared as asked or
    not at all, only the services may be chosen (F-67; `allow_scope_modifications` false). `coarsest_resolution`: the
    coarsest sums that are of use to the client, AS_READ where it does not say.
    """

    scope: str
    type_sent: str
    start: str | None = None
    end: str | None = None
    services: Services = None
    locked: bool = False
    coarsest_resolution: Resolution = Resolution.AS_READ


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Everything asked for: at most one part a scope, in the catalogue's order. `scope` names them as sent."""

    scope: str
    parts: tuple[RequestedPart, ...]

    def as_json(self) -> dict[str, Any]:
        """The stored copy, which page, decision and receipt read (X-11)."""
        parts = [
            {
                "scope": part.scope,
                "type": part.type_sent,
                "start": part.start,
                "end": part.end,
                "services": list(part.services) if isinstance(part.services, tuple) else part.services,
                "locked": part.locked,
                "coarsest_resolution": part.coarsest_resolution,
            }
            for part in self.parts
        ]
        return {"scope": self.scope, "parts": parts}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "AccessRequest":
        """The inverse of `as_json`; a part whose scope is no longer in the catalogue is left out."""
        parts = tuple(
            RequestedPart(
                scope=part["scope"],
                type_sent=part["type"],
                start=part["start"],
                end=part["end"],
                services=tuple(part["services"]) if isinstance(part["services"], list) else part["services"],
                locked=part.get("locked", False),
                coarsest_resolution=Resolution(part.get("coarsest_resolution", "")),
            )
            for part in stored["parts"]
            if part["scope"] in SCOPES
        )
        return cls(scope=stored["scope"], parts=parts)
