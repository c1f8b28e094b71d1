"""Consent for staff: third parties, what they asked, what was granted and what was released."""

from consent.admin.client import ClientAdmin
from consent.admin.coverage import CoverageEntryAdmin
from consent.admin.grant import GrantAdmin, GrantEventAdmin
from consent.admin.messages import ClientContactAdmin, MessageAdmin
from consent.admin.provided_file import ProvidedFileAdmin
from consent.admin.recorded import RecordedConsentAdmin
from consent.admin.records import (
    ConsentRequestAdmin,
    DisclosureAdmin,
    OutgoingMailAdmin,
    ReceiptAdmin,
)
from consent.admin.registration import (
    RegistrationAdmin,
    RegistrationFieldAdmin,
    RegistrationFileAdmin,
)
from consent.admin.reviews import RegistrationStepAdmin, ReviewAdmin
from consent.admin.scope_offer import ScopeOfferAdmin
from consent.admin.scope_setting import ScopeSettingAdmin
from consent.admin.server_description import ServerDescriptionAdmin

__all__ = [
    "ClientAdmin",
    "ClientContactAdmin",
    "ConsentRequestAdmin",
    "CoverageEntryAdmin",
    "DisclosureAdmin",
    "GrantAdmin",
    "GrantEventAdmin",
    "MessageAdmin",
    "OutgoingMailAdmin",
    "ProvidedFileAdmin",
    "ReceiptAdmin",
    "RecordedConsentAdmin",
    "RegistrationAdmin",
    "RegistrationFieldAdmin",
    "RegistrationFileAdmin",
    "RegistrationStepAdmin",
    "ReviewAdmin",
    "ScopeOfferAdmin",
    "ScopeSettingAdmin",
    "ServerDescriptionAdmin",
]
