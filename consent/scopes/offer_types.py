"""What can be offered to third parties: the built-in scopes of CDS-WG1-02, word for word, and each scope of customers.

A type is declared here; staff edit the offers of it (`ScopeOffer`), of which each type has one from the start.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES
from consent.scopes.fields import Choice, DetailsField, DetailsFormat

CLIENT_ADMIN, GRANT_ADMIN, PROVIDED_FILES = (
    "cds_client_admin",
    "cds_grant_admin",
    "cds_server_provided_files",
)
_ID_CHARACTERS = 1000  # of ids as texts


@dataclass(frozen=True, slots=True)
class OfferType:
    """What all offers of a type have in common (R-21 to R-25). `first_id` is the id of the first one.

    `scope` is the scope of customers that it opens; None for a built-in one. Ids of further offers begin with
    `id_prefix`; where that is empty there is one offer alone.
    """

    key: str
    first_id: str
    id_prefix: str
    name: str | Promise
    description: str | Promise
    response_types: tuple[str, ...]
    grant_types: tuple[str, ...]
    client_authentication: tuple[str, ...]
    challenge_methods: tuple[str, ...]
    fields: tuple[DetailsField, ...]
    has_details: bool
    scope: Scope | None = None

    def takes_id(self, offer_id: str) -> bool:
        """Whether an offer of this type may have this id."""
        is_further = (
            bool(self.id_prefix) and offer_id.startswith(self.id_prefix) and offer_id != self.id_prefix
        )
        return offer_id == self.first_id or is_further


def _identifier(field_id: str, name: str, description: str) -> DetailsField:
    return DetailsField(
        field_id, name, description, DetailsFormat.STRING, is_required=True, minimum=1, maximum=_ID_CHARACTERS
    )  # fmt: skip


# the names and descriptions are the specification's own words, in English on every page
_BUILT_IN = (
    OfferType(
        key=CLIENT_ADMIN,
        first_id=CLIENT_ADMIN,
        id_prefix="",
        name="Client Admin",
        description="This scope grants administrative access to the Client management APIs.",
        response_types=(),
        grant_types=("client_credentials",),
        client_authentication=("client_secret_basic",),
        challenge_methods=(),
        fields=(),
        has_details=False,
    ),
    OfferType(  # R-27, R-29s
        key=GRANT_ADMIN,
        first_id=f"{GRANT_ADMIN}_1",
        id_prefix=f"{GRANT_ADMIN}_",
        name="Grant Admin",
        description="This scope grants administrative access to previously created Grants.",
        response_types=(),
        grant_types=("client_credentials",),
        client_authentication=("client_secret_basic",),
        challenge_methods=(),
        fields=(
            _identifier(
                "client_id",
                "Client Object identifier",
                "The Client Object identifier for which the Grant is issued.",
            ),
            _identifier(
                "grant_id",
                "Grant identifier",
                "The Grant identifier for which the returned access_token will be given access.",
            ),
        ),
        has_details=True,
    ),
    OfferType(  # R-28, R-30s, R-31s
        key=PROVIDED_FILES,
        first_id=f"{PROVIDED_FILES}_1",
        id_prefix=f"{PROVIDED_FILES}_",
        name="Server-Provided Files",
        description="This scope grants access to specific files that the Server wants make available to the Client.",
        response_types=(),
        grant_types=(),
        client_authentication=(),
        challenge_methods=(),
        fields=(
            _identifier(
                "file_id",
                "File identifier",
                "A file provided by the Server that may be accessed by the Client as part of the Grant.",
            ),
        ),
        has_details=True,
    ),
)
_START = DetailsField(
    "start",
    _("Start"),
    _("From when the data are asked for. Without it: from the first data on record."),
    DetailsFormat.STRING_OR_NULL,
    minimum=1,
    maximum=40,
)
_END_OF_DATA = DetailsField(
    "end",
    _("End"),
    _(
        "Until when. A date is covered whole. An end to come makes the access ongoing until then; one that is past, or "
        "none, opens what is on record, once."
    ),
    DetailsFormat.STRING_OR_NULL,
    minimum=1,
    maximum=40,
)
_END_OF_NOW = DetailsField(
    "end",
    _("End"),
    _("Until when you may look again; each look shows the state of that moment. Without it: one time."),
    DetailsFormat.STRING_OR_NULL,
    minimum=1,
    maximum=40,
)
_SERVICES = DetailsField(
    "services",
    _("Services"),
    _(
        "Which services to offer: the text all for all current ones, ticked; the listed contract numbers, ticked; "
        "without this member all of them, unticked. The customer chooses."
    ),
    DetailsFormat.STRING_LIST_OR_NULL,
    minimum=1,
    maximum=50_000,
    also=("all",),
)

_RESOLUTION = DetailsField(
    "coarsest_resolution",
    _("Resolution"),
    _(
        "How fine the readings are that you need; the customer may still choose a coarser one. Without it: as read."
    ),
    DetailsFormat.CHOICE_OR_NULL,
    choices=(
        Choice("hourly", _("By hour"), _("Readings summed up by local hour.")),
        Choice("daily", _("By day"), _("Readings summed up by local day.")),
        Choice("monthly", _("By month"), _("Readings summed up by local month.")),
    ),
)


def _customers_type(scope: Scope) -> OfferType:
    end = _END_OF_DATA if scope.period is Period.DATA else _END_OF_NOW
    return OfferType(
        key=scope.id,
        first_id=scope.id,
        id_prefix=f"{scope.id}.",
        name=scope.title,
        description=scope.sentence,
        response_types=("code",),
        grant_types=("authorization_code", "refresh_token"),
        client_authentication=("client_secret_basic", "client_secret_post", "none"),
        challenge_methods=("S256",),
        fields=(_START, end, _SERVICES, *((_RESOLUTION,) if scope.has_resolution else ())),
        has_details=True,
        scope=scope,
    )


def offer_types() -> dict[str, OfferType]:
    """Each type by its key, in the order of the document."""
    return {kind.key: kind for kind in (*_BUILT_IN, *map(_customers_type, SCOPES.values()))}


def offer_type(key: str) -> OfferType | None:
    """The type of that key; None if none is declared."""
    if key in SCOPES:
        return _customers_type(SCOPES[key])
    return next((kind for kind in _BUILT_IN if kind.key == key), None)


def wire_type(kind: OfferType, *, prefix: str) -> str:
    """The `type` of a description: the specification's own, or behind the server's prefix (R-14s)."""
    return kind.key if kind.scope is None else f"{prefix}_{kind.key}"
