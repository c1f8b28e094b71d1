"""What a role is called on customers' and staff's pages and in mail."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import Role

ROLES: dict[str, str | Promise] = {
    Role.OWNER: gettext_lazy("Owner: sees and shares"),
    Role.VIEWER: gettext_lazy("Viewer: sees"),
    Role.DELEGATE: gettext_lazy("Delegate: sees, until a date"),
}
_SHARING_DELEGATE = gettext_lazy("Delegate: sees and shares, until a date")


def role_in_words(role: str, *, may_share: bool) -> str | Promise:
    return _SHARING_DELEGATE if role == Role.DELEGATE and may_share else ROLES[role]
