"""How a person logs in: password, passkeys, authenticator app, recovery codes, single sign-on."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Passkey:
    """`used` is None until the first login with it."""

    key: int
    name: str
    added: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class SecondSteps:
    """What proves the person besides a password; `codes_left` are unused recovery codes."""

    passkeys: tuple[Passkey, ...]
    has_app: bool
    codes_left: int

    @property
    def any(self) -> bool:
        return self.has_app or bool(self.passkeys)


def second_steps(*, user: User) -> SecondSteps:
    """One query."""
    kinds = Authenticator.Type
    found = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    return SecondSteps(
        passkeys=tuple(
            Passkey(one.pk, one.wrap().name, one.created_at, one.last_used_at)
            for one in found
            if one.type == kinds.WEBAUTHN
        ),
        has_app=any(one.type == kinds.TOTP for one in found),
        codes_left=sum(
            len(one.wrap().get_unused_codes()) for one in found if one.type == kinds.RECOVERY_CODES
        ),
    )


def has_single_sign_on(*, user: User) -> bool:
    return bool(SocialAccount.objects.filter(user=user).exists())
