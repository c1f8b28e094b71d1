"""Consent for staff: third parties, what they asked, what was granted and what was released."""

from django.contrib import admin

from consent.models import AccessToken, AuthorizationCode, Client, DeviceGrant, IDToken, RefreshToken

# the OAuth library puts its own pages over the same tables: tokens are nobody's to see or to make by hand
for model in (AccessToken, AuthorizationCode, Client, DeviceGrant, IDToken, RefreshToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

from consent.admin.client import ClientAdmin  # noqa: E402 - registered in place of the library's
from consent.admin.grant import GrantAdmin, GrantEventAdmin  # noqa: E402
from consent.admin.messages import ClientContactAdmin, MessageAdmin  # noqa: E402
from consent.admin.recorded import RecordedConsentAdmin  # noqa: E402
from consent.admin.records import (  # noqa: E402
    ConsentRequestAdmin,
    DisclosureAdmin,
    OutgoingMailAdmin,
    ReceiptAdmin,
)
from consent.admin.scope_setting import ScopeSettingAdmin  # noqa: E402

__all__ = [
    "ClientAdmin",
    "ClientContactAdmin",
    "ConsentRequestAdmin",
    "DisclosureAdmin",
    "GrantAdmin",
    "GrantEventAdmin",
    "MessageAdmin",
    "OutgoingMailAdmin",
    "ReceiptAdmin",
    "RecordedConsentAdmin",
    "ScopeSettingAdmin",
]
