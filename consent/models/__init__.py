"""Who may see what, why and until when."""

from consent.models.credential import Credential
from consent.models.disclosure import Disclosure
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
from consent.models.message import (
    ALLOWED_STATUSES,
    ClientContact,
    Message,
    MessageAttachment,
    MessageStatus,
    MessageType,
)
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
from consent.models.provided_file import ProvidedFile
from consent.models.receipt import Receipt, ReceiptAddress
from consent.models.recorded import RecordedConsent, RecordedHow, RecordedStatus
from consent.models.refused_calls import RefusedCalls
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
from consent.models.scope_offer import ScopeOffer
from consent.models.scope_setting import ScopeSetting
from consent.models.server_description import (
    CapabilityRole,
    CommodityType,
    CoverageEntry,
    CoverageFile,
    CoverageFileKind,
    CoverageType,
    InfrastructureType,
    ServerDescription,
)

__all__ = [
    "ALLOWED_STATUSES",
    "AccessToken",
    "Actor",
    "AuthenticationMethod",
    "AuthorizationCode",
    "CapabilityRole",
    "Change",
    "Client",
    "ClientContact",
    "ClientStatus",
    "CommodityType",
    "ConsentRequest",
    "CoverageEntry",
    "CoverageFile",
    "CoverageFileKind",
    "CoverageType",
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
    "InfrastructureType",
    "Message",
    "MessageAttachment",
    "MessageStatus",
    "MessageType",
    "NO_SECRET",
    "Receipt",
    "ReceiptAddress",
    "RecordedConsent",
    "RecordedHow",
    "RecordedStatus",
    "RefreshToken",
    "RefusedCalls",
    "Registration",
    "RegistrationField",
    "RegistrationFile",
    "RegistrationStep",
    "RemovedService",
    "RequestStatus",
    "Review",
    "ReviewKind",
    "ReviewStatus",
    "ScopeOffer",
    "ScopeSetting",
    "Selection",
    "ServerDescription",
    "StepStatus",
    "ServerDescription",
    "ProvidedFile",
]
