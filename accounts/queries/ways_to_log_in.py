"""How a person logs in: password, passkeys, authenticator app, recovery codes, single sign-on."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from cdsc_portal.lib.secrets.sealed import BrokenSealError, unseal

SECOND_STEP_SEAL = (
    "second step"  # the purpose that secrets of apps and seeds of recovery codes are sealed for
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """`used` is None until the first login with it."""

    key: int
    name: str
    added: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class SecondSteps:
    """What proves the person besides a password; `codes_left` are unused recovery codes.

    `unreadable`: of app and recovery codes, the database keys of those whose seal no key of the ring opens.
    """

    passkeys: tuple[Passkey, ...]
    has_app: bool
    codes_left: int
    unreadable: tuple[int, ...]

    @property
    def any(self) -> bool:
        return self.has_app or bool(self.passkeys)


def second_steps(*, user: User) -> SecondSteps:
    """One query."""
    kinds = Authenticator.Type
    authenticators = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    unreadable = tuple(authenticator.pk for authenticator in authenticators if not can_be_read(authenticator))
    return SecondSteps(
        passkeys=tuple(
            Passkey(
                authenticator.pk,
                authenticator.wrap().name,
                authenticator.created_at,
                authenticator.last_used_at,
            )
            for authenticator in authenticators
            if authenticator.type == kinds.WEBAUTHN
        ),
        has_app=any(authenticator.type == kinds.TOTP for authenticator in authenticators),
        codes_left=sum(
            len(authenticator.wrap().get_unused_codes())
            for authenticator in authenticators
            if authenticator.type == kinds.RECOVERY_CODES and authenticator.pk not in unreadable
        ),
        unreadable=unreadable,
    )


def sealed_texts(authenticator: Authenticator) -> dict[str, str]:
    """What of an app or of recovery codes is kept sealed, by its name in `data`; nothing of a passkey."""
    return {name: text for name, text in authenticator.data.items() if name in ("secret", "seed")}


def can_be_read(authenticator: Authenticator) -> bool:
    """Whether a key of the ring opens what is sealed of it."""
    try:
        for text in sealed_texts(authenticator).values():
            unseal(text, purpose=SECOND_STEP_SEAL)
    except BrokenSealError:
        return False
    return True


def has_single_sign_on(*, user: User) -> bool:
    return bool(SocialAccount.objects.filter(user=user).exists())
