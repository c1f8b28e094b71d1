"""What a role is called on customers' and staff's pages and in mail."""

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Invitation, Membership, Role, RoleEvent, RoleVerb

ROLES: dict[str, str | Promise] = {
    Role.OWNER: gettext_lazy("Owner: sees and shares"),
    Role.VIEWER: gettext_lazy("Viewer: sees"),
    Role.DELEGATE: gettext_lazy("Delegate: sees, until a date"),
}
# what follows from each role, on the card on which it is chosen: title and sentence
CONSEQUENCES: dict[str, tuple[str | Promise, str | Promise]] = {
    Role.VIEWER: (
        gettext_lazy("Viewer"),
        gettext_lazy("Sees use, bills and what is shared. Shares nothing, stops nothing, changes nothing."),
    ),
    Role.DELEGATE: (
        gettext_lazy("Delegate"),
        gettext_lazy(
            "Sees what a viewer sees, until a day that you set. Shares in your name only if you allow it."
        ),
    ),
    Role.OWNER: (
        gettext_lazy("Owner"),
        gettext_lazy(
            "Can do all that you can: share data, stop what you share, invite people and end their roles. To end an "
            "owner takes 14 days."
        ),
    ),
}
_SHARING_DELEGATE = gettext_lazy("Delegate: sees and shares, until a date")


def role_in_words(role: str, *, may_share: bool) -> str | Promise:
    return _SHARING_DELEGATE if role == Role.DELEGATE and may_share else ROLES[role]


def scope_in_words(row: Membership | Invitation | RoleEvent) -> str:
    """Which accounts a role is for."""
    account = row.billing_account
    if account is None:
        return _("All accounts")
    return _("Account %(number)s") % {"number": account.account_number}


def role_event_in_words(event: RoleEvent) -> str:
    """What happened, as a sentence. `event` is loaded with `user`, `by` and `billing_account`."""
    by = str(event.by) if event.by else _("somebody whose login is gone")
    words = {
        "person": str(event.user) if event.user else event.email,
        "by": settings.UTILITY_NAME if event.by and event.by.is_staff else by,  # its people act in its name
        "scope": scope_in_words(event),
    }
    sentences = {
        RoleVerb.INVITED: _("%(by)s invited %(person)s (%(scope)s)."),
        RoleVerb.SENT_AGAIN: _("%(by)s sent the invitation of %(person)s again (%(scope)s)."),
        RoleVerb.WITHDRAWN: _("%(by)s withdrew the invitation of %(person)s (%(scope)s)."),
        RoleVerb.JOINED: _("%(person)s accepted (%(scope)s)."),
        RoleVerb.CHANGED: _("%(by)s changed the role of %(person)s (%(scope)s)."),
        RoleVerb.ENDED: _("%(by)s ended the role of %(person)s (%(scope)s)."),
        RoleVerb.NOTICE: _("%(by)s gave %(person)s 14 days' notice (%(scope)s)."),
        RoleVerb.KEPT: _("%(by)s kept %(person)s as an owner (%(scope)s)."),
        RoleVerb.LEFT: _("%(person)s left (%(scope)s)."),
        RoleVerb.OFFERED: _("%(by)s was asked for a code for a new login (%(scope)s)."),
        RoleVerb.AGREED: _("%(by)s agreed that %(person)s can share (%(scope)s)."),
        RoleVerb.ADDRESS: _("%(by)s changed the e-mail address of %(person)s (%(scope)s)."),
    }
    return sentences[RoleVerb(event.verb)] % words
