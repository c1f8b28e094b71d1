"""Who may see what, why and until when."""

from consent.models.credential import Credential
from consent.models.grant import Actor, Change, Grant, GrantEvent, GrantPart, RemovedService, Selection
from consent.models.message import ClientContact, Message, MessageStatus, MessageType
from consent.models.oauth import (
    NO_SECRET,
    AccessToken,
    AuthorizationCode,
    Client,
    ClientStatus,
    DeviceGrant,
    IDToken,
    RefreshToken,
)
from consent.models.receipt import Disclosure, Receipt, ReceiptAddress
from consent.models.recorded import RecordedConsent, RecordedHow, RecordedStatus
from consent.models.request import ConsentRequest, RequestStatus
from consent.models.scope_setting import ScopeSetting

__all__ = [
    "NO_SECRET",
    "AccessToken",
    "Actor",
    "AuthorizationCode",
    "Change",
    "Client",
    "ClientContact",
    "ClientStatus",
    "ConsentRequest",
    "Credential",
    "DeviceGrant",
    "Disclosure",
    "Grant",
    "GrantEvent",
    "GrantPart",
    "IDToken",
    "Message",
    "MessageStatus",
    "MessageType",
    "Receipt",
    "ReceiptAddress",
    "RecordedConsent",
    "RecordedHow",
    "RecordedStatus",
    "RefreshToken",
    "RequestStatus",
    "ScopeSetting",
    "Selection",
    "RemovedService",
]
