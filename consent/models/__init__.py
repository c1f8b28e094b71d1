"""Who may see what, why and until when."""

from consent.models.grant import Actor, Grant, GrantEvent, GrantPart, Selection
from consent.models.oauth import (
    AccessToken,
    AuthorizationCode,
    Client,
    ClientStatus,
    DeviceGrant,
    IDToken,
    RefreshToken,
)
from consent.models.receipt import Disclosure, OutgoingMail, Receipt
from consent.models.request import ConsentRequest, RequestStatus

__all__ = [
    "AccessToken",
    "Actor",
    "AuthorizationCode",
    "Client",
    "ClientStatus",
    "ConsentRequest",
    "DeviceGrant",
    "Disclosure",
    "Grant",
    "GrantEvent",
    "GrantPart",
    "IDToken",
    "OutgoingMail",
    "Receipt",
    "RefreshToken",
    "RequestStatus",
    "Selection",
]
