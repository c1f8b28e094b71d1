"""What of accounts is kept how long: docs/retention.md."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from dateutil.relativedelta import relativedelta
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import HelpCase, Membership, OutgoingMail, User
from cdsc_portal.lib.db.retention import delete_proof, delete_slowly, proof_kept_from

MAIL_KEPT = timedelta(days=90)
CASES_KEPT = LOG_KEPT = relativedelta(years=2)
UNUSED_LOGINS_KEPT = relativedelta(years=2)
_CLOSED_DOMAIN = "@closed.invalid"
_PROOF = ("role_events", "link_changes", "staff_actions", "support_sessions")


def delete_old_rows(*, at: datetime) -> int:
    """Delete what the rules keep no longer; returns how many rows."""
    gone = delete_slowly(OutgoingMail.objects.filter(sent_at__lt=at - MAIL_KEPT))
    gone += delete_slowly(HelpCase.objects.filter(created__lt=at - CASES_KEPT))
    gone += delete_slowly(LogEntry.objects.filter(action_time__lt=at - LOG_KEPT))
    return gone + sum(delete_proof(rows, before=proof_kept_from(at)) for rows in _PROOF)


def unused_logins(*, at: datetime) -> QuerySet[User]:
    """People who have nothing to log in for: no role, no work for the utility, and for two years no login."""
    long_ago = at - UNUSED_LOGINS_KEPT
    lately = Q(last_login__gte=long_ago) | Q(last_login=None, created__gte=long_ago)
    roles = Membership.objects.filter(user=OuterRef("pk"))
    people = User.objects.filter(~Exists(roles), is_staff=False)
    return people.exclude(lately).exclude(email__endswith=_CLOSED_DOMAIN)


@transaction.atomic
def close_login(user: User) -> bool:
    """Blank what is personal of `user`, and end all that logs in. The row and its random id stay: proof names it."""
    user.email = f"{user.public_id}{_CLOSED_DOMAIN}"
    user.name, user.is_active = "", False
    user.session_round += 1
    user.set_unusable_password()
    user.save()
    for rows in (EmailAddress, Authenticator, SocialAccount):
        rows.objects.filter(user=user).delete()
    return True
