"""Who may see what, why and until when."""

from consent.models.credential import Credential
from consent.models.grant import (
    Actor,
    Change,
    Grant,
    GrantEvent,
    GrantKind,
    GrantPart,
    RemovedService,
    Selection,
)
from consent.models.message import ClientContact, Message, MessageStatus, MessageType
from consent.models.oauth import (
    NO_SECRET,
    AccessToken,
    AuthenticationMethod,
    AuthorizationCode,
    Client,
    ClientStatus,
    DeviceGrant,
    IDToken,
    RefreshToken,
)
from consent.models.receipt import Disclosure, Receipt, ReceiptAddress
from consent.models.recorded import RecordedConsent, RecordedHow, RecordedStatus
from consent.models.registration import (
    FieldFormat,
    FieldType,
    Registration,
    RegistrationField,
    RegistrationFile,
    RegistrationStep,
    Review,
    ReviewKind,
    ReviewStatus,
    StepStatus,
)
from consent.models.request import ConsentRequest, RequestStatus
from consent.models.scope_setting import ScopeSetting

__all__ = [
    "AccessToken",
    "Actor",
    "AuthenticationMethod",
    "AuthorizationCode",
    "Change",
    "Client",
    "ClientContact",
    "ClientStatus",
    "ConsentRequest",
    "Credential",
    "DeviceGrant",
    "Disclosure",
    "FieldFormat",
    "FieldType",
    "Grant",
    "GrantEvent",
    "GrantKind",
    "GrantPart",
    "IDToken",
    "Message",
    "MessageStatus",
    "MessageType",
    "NO_SECRET",
    "Receipt",
    "ReceiptAddress",
    "RecordedConsent",
    "RecordedHow",
    "RecordedStatus",
    "RefreshToken",
    "Registration",
    "RegistrationField",
    "RegistrationFile",
    "RegistrationStep",
    "RemovedService",
    "RequestStatus",
    "Review",
    "ReviewKind",
    "ReviewStatus",
    "ScopeSetting",
    "Selection",
    "StepStatus",
]
