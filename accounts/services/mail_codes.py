"""Six digits by mail that show that an address can be read by whoever typed it in."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.sign_in import write_sign_in_mail
from accounts.services.sign_in_locks import ADDRESS_CODE, ADDRESS_MAIL, Origin, count_code, count_try
from cdsc_portal.lib.secrets.sealed import digest, is_digest_of

VALID_MINUTES = 15
_KIND = "mail code"


class WrongCodeError(ValueError):
    """Another code, or one that is too old."""

    code = "wrong_code"


@dataclass(frozen=True, slots=True)
class PendingCode:
    """A code on its way to `address`; `until` is ISO 8601 in UTC. Plain values, so that a session can keep it."""

    address: str
    digest: str
    until: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def send_code(*, address: str, language: str, origin: Origin, at: datetime) -> PendingCode:
    """Mail a code to `address`, valid for 15 minutes. Raises LockedError where too many went there already."""
    count_try(kind=ADDRESS_MAIL, of=address, origin=origin, at=at)
    code = f"{secrets.randbelow(10**6):06d}"
    with override(language):
        context = {"code": code, "minutes": VALID_MINUTES, "utility_name": settings.UTILITY_NAME}
        write_sign_in_mail(
            to=address,
            subject=_("Your code: %(code)s") % {"code": code},
            text=render_to_string("emails/code.txt", context),
            html=render_to_string("emails/code.html", {**context, "language": language}),
            at=at,
        )
    until = at + timedelta(minutes=VALID_MINUTES)
    return PendingCode(address, digest(_bind_to_address(address, code), purpose=_KIND), until.isoformat())


def check_code(*, pending: PendingCode, code: str, at: datetime) -> None:
    """Return where the code is right. Raises WrongCodeError, or CodeSpentError after five tries at this code."""
    count_code(kind=ADDRESS_CODE, of=pending.address, code=f"{pending.until} {pending.digest}", at=at)
    bound_code = _bind_to_address(pending.address, "".join(code.split()))
    if at >= datetime.fromisoformat(pending.until) or not is_digest_of(
        pending.digest, bound_code, purpose=_KIND
    ):
        raise WrongCodeError


def _bind_to_address(address: str, code: str) -> str:
    """A code holds for the address that it was sent to alone."""
    return f"{address.lower()}:{code}"
