"""Codes of an authenticator app: right one step early or late, and once (RFC 6238 sections 5.2 and 6)."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.db import transaction

_NEWEST = "newest_step"


@transaction.atomic
def use_code(app: Authenticator, code: str) -> bool:
    """Whether `code` is right now and newer than every code of `app` that was used; then it is used up.

    The step of the newest used code stands in the row of the app. The library remembers a code in the cache for 30
    seconds, but with a tolerance of one step it stays right for 90. Two queries under a lock of the row.
    """
    locked = Authenticator.objects.select_for_update().get(pk=app.pk)
    secret = decrypt(locked.data["secret"])
    fitting = [
        step
        for step in totp.yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step)))
    ]
    if not fitting or max(fitting) <= locked.data.get(_NEWEST, 0):
        return False
    locked.data = {**locked.data, _NEWEST: max(fitting)}
    locked.save(update_fields=["data"])
    return True
