"""Theme and menu of the staff's pages."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _entry(app: str, name: str, title: Any) -> dict[str, Any]:  # noqa: ANN401 - a lazy text
    def may_view(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}")

    return {"title": title, "link": reverse_lazy(f"admin:{app}_{name}_changelist"), "permission": may_view}


# the portal's own blue, from light to dark; 500 is for text on dark, 600 for text on light and under white
_PRIMARY = {
    "50": "#eef6fa",
    "100": "#d8eaf3",
    "200": "#b4d7e8",
    "300": "#93cbe4",
    "400": "#7cc4e4",
    "500": "#7cc4e4",
    "600": "#0b4f6c",
    "700": "#083b51",
    "800": "#062c3d",
    "900": "#041f2b",
    "950": "#02131b",
}

THEME_TEXTS = (_("Type to search"),)  # what the theme says and has no Spanish for

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Staff"),
    "SITE_HEADER": _("Staff"),
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("img/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/icon.svg")},
    ],
    "COLORS": {"primary": _PRIMARY},
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "cdsc_portal.web.staff_dashboard.add_dashboard",
    "STYLES": [lambda request: static("css/staff.css")],
    "SCRIPTS": [lambda request: static("js/staff_labels.js")],
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("Customers"),
                "items": [
                    _entry("accounts", "customer", _("Customers")),
                    _entry("accounts", "helpcase", _("Help cases")),
                    _entry("accounts", "user", _("People who log in")),
                    _entry("accounts", "roleevent", _("History of roles")),
                    _entry("accounts", "activationcode", _("Codes for first logins")),
                    _entry("accounts", "billingaccount", _("Billing accounts")),
                    _entry("accounts", "servicecontract", _("Service contracts")),
                ],
            },
            {
                "title": _("Network"),
                "items": [
                    _entry("accounts", "premise", _("Premises")),
                    _entry("accounts", "servicepoint", _("Service points")),
                    _entry("accounts", "meterdevice", _("Meters")),
                    _entry("accounts", "entity", _("Suppliers and networks")),
                    _entry("accounts", "program", _("Programs")),
                ],
            },
            {
                "title": _("Sharing"),
                "items": [
                    _entry("consent", "review", _("Reviews")),
                    _entry("consent", "registration", _("Registrations")),
                    _entry("consent", "client", _("Third parties")),
                    _entry("consent", "scopesetting", _("Data and limits")),
                    _entry("consent", "scopeoffer", _("Offers")),
                    _entry("consent", "registrationfield", _("Registration fields")),
                    _entry("consent", "serverdescription", _("Description of the server")),
                    _entry("consent", "coverageentry", _("Coverage")),
                    _entry("consent", "providedfile", _("Files for third parties")),
                    _entry("consent", "message", _("Messages")),
                    _entry("consent", "clientcontact", _("Contacts of third parties")),
                    _entry("consent", "consentrequest", _("Requests")),
                    _entry("consent", "grant", _("Grants")),
                    _entry("consent", "recordedconsent", _("Consents by phone or paper")),
                    _entry("consent", "grantevent", _("Grant history")),
                    _entry("consent", "receipt", _("Receipts")),
                    _entry("consent", "disclosure", _("Who read what")),
                    _entry("accounts", "linkchange", _("Changes of links")),
                    {
                        "title": _("Disclosures affected by backdated moves"),
                        "link": reverse_lazy("admin:accounts_linkchange_affected"),
                        "permission": lambda request: request.user.has_perm("consent.view_disclosure"),
                    },
                    _entry("accounts", "outgoingmail", _("Mail")),
                ],
            },
            {
                "title": _("Data"),
                "items": [
                    _entry("datahub", "feed", _("Feeds")),
                    _entry("datahub", "feedsource", _("Feed sources")),
                    _entry("datahub", "feedrun", _("Feed runs")),
                    _entry("datahub", "rejectedrow", _("Rejected rows")),
                    _entry("datahub", "parkedreadings", _("Parked readings")),
                    _entry("datahub", "stafftoken", _("Tokens for programs")),
                    _entry("datahub", "billstatement", _("Bills")),
                    _entry("datahub", "channel", _("Channels")),
                    _entry("datahub", "mixshare", _("Generation mix")),
                    _entry("datahub", "mixamount", _("Amounts of the mix")),
                    _entry("datahub", "mixday", _("Days of the mix")),
                    _entry("datahub", "openrelease", _("Grid series read without a grant")),
                ],
            },
            {
                "title": _("Staff"),
                "items": [
                    _entry("accounts", "staffaction", _("What staff did")),
                    _entry("accounts", "supportsession", _("Support sessions")),
                    _entry("auth", "group", _("Roles")),
                ],
            },
        ],
    },
}
