"""The roles of staff: which permissions each has. `migrate` makes the groups and adds what a release brings (0020).

Nothing is ever taken from a group here, so what a utility adds to one stays; a superuser is above all of them.
"""

from collections.abc import Iterable

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

SUPPORT, DATA, ONBOARDING, ADMINISTRATOR = "support", "data", "onboarding", "administrator"

OURS = ("accounts", "consent", "datahub")
_HIERARCHY = (
    "billingaccount", "servicecontract", "supplyterm", "premise", "servicepoint", "meterdevice", "entity", "program",
    "contractservicepoint", "meterinstallation", "gridplacement",
)  # fmt: skip
_FEEDS = (
    "feed", "feedrun", "feedsource", "rejectedrow", "parkedreadings", "channel", "mixshare", "mixamount", "mixday",
    "openrelease", "stafftoken", "partitionrecord", "billstatement", "billsection",
)  # fmt: skip
_SHARING = (
    "client",
    "consentrequest",
    "grant",
    "grantpart",
    "grantevent",
    "receipt",
    "disclosure",
)
_REGISTRATION = (
    "registration", "registrationfield", "registrationfile", "registrationstep", "review", "providedfile",
)  # fmt: skip
_PUBLISHED = ("serverdescription", "coverageentry", "scopeoffer")  # what third parties read of the server


def _named(app: str, verb: str, models: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{app}.{verb}_{model}" for model in models)


# what a person of the role may do, as app.codename; the administrator has everything of the three apps
ROLES: dict[str, frozenset[str]] = {
    SUPPORT: _named(
        "accounts",
        "view",
        ("customer", "user", "membership", "roleevent", "activationcode", "outgoingmail", *_HIERARCHY),
    )
    | _named("consent", "view", (*_SHARING, "recordedconsent"))
    | _named("datahub", "view", ("billstatement", "billsection"))
    | {
        "accounts.view_helpcase",
        "accounts.change_helpcase",
        "accounts.add_supportsession",
        "accounts.view_supportsession",
        "accounts.help_sign_in",
        "accounts.issue_activation_code",
        "accounts.hand_out_activation_code",  # which another asked for
        "consent.change_grant",  # stop it for a customer, pause it
        "accounts.change_outgoingmail",  # send it again
        "accounts.add_closedmatter",
        "consent.add_recordedconsent",
        "consent.confirm_recordedconsent",
    },
    DATA: _named("accounts", "view", ("customer", *_HIERARCHY, "linkchange"))
    | _named("accounts", "change", _HIERARCHY)
    | _named("accounts", "add", _HIERARCHY)
    | {"accounts.delete_gridplacement"}  # a wrong region goes, the right one comes
    | _named("datahub", "view", _FEEDS)
    | _named("datahub", "change", ("feed", "feedsource"))
    | _named("datahub", "add", ("feed", "feedsource", "feedrun"))
    | {"consent.view_disclosure", "accounts.export_records", "accounts.add_closedmatter"},
    ONBOARDING: _named(
        "consent",
        "view",
        (
            "client",
            "clientcontact",
            "consentrequest",
            "message",
            "scopesetting",
            *_REGISTRATION,
            *_PUBLISHED,
        ),
    )
    | _named(
        "consent",
        "change",
        ("client", "message", "scopesetting", "registrationfield", "review", "providedfile", *_PUBLISHED),
    )
    | _named(
        "consent",
        "add",
        (
            "client",
            "clientcontact",
            "scopesetting",
            "registrationfield",
            "coverageentry",
            "scopeoffer",
            "providedfile",
        ),  # fmt: skip
    )
    | {"consent.delete_clientcontact", "accounts.view_user"},
    ADMINISTRATOR: frozenset({"auth.view_group", "auth.change_group"}),
}


def make_roles(sender: AppConfig, **_news: object) -> None:
    """Make the groups that are missing and give each what its role needs; running again changes nothing.

    Runs when the migrations have ended, which may be before Django makes the permissions of the last app: they are made
    here, so that the order in which apps hear of it does not matter.
    """
    for app in OURS:
        create_permissions(apps.get_app_config(app), verbosity=0)
    for name, needed in ROLES.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*_permissions(name, needed))


def _permissions(role: str, needed: frozenset[str]) -> Iterable[Permission]:
    wanted = Q(pk__in=[])
    for permission in needed:
        app, codename = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    if role == ADMINISTRATOR:
        wanted |= Q(content_type__app_label__in=OURS)
    return Permission.objects.filter(wanted)
