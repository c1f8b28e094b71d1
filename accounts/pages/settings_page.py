"""What the page of settings shows."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.ways_to_log_in import Passkey, has_single_sign_on, second_steps
from cdsc_portal.lib.time.dates_in_words import day_in_words


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    key: int
    name: str
    dates: str


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """`codes_left` is None where there is no second step that recovery codes could stand in for.

    `has_unreadable`: the app or the codes were sealed with a key that is gone.
    """

    email: str
    has_password: bool
    passkeys: tuple[PasskeyLine, ...]
    has_app: bool
    codes_left: int | None
    has_unreadable: bool
    has_single_sign_on: bool
    last_login: str


def settings_page(*, user: User) -> SettingsPage:
    """Two queries, however many passkeys."""
    steps = second_steps(user=user)
    return SettingsPage(
        email=user.email,
        has_password=user.has_usable_password(),
        passkeys=tuple(PasskeyLine(passkey.key, passkey.name, _dates(passkey)) for passkey in steps.passkeys),
        has_app=steps.has_app,
        codes_left=steps.codes_left if steps.any else None,
        has_unreadable=bool(steps.unreadable),
        has_single_sign_on=has_single_sign_on(user=user),
        last_login=_day(user.last_login),
    )


def _dates(passkey: Passkey) -> str:
    added = _("Added on %(day)s.") % {"day": day_in_words(passkey.added)}
    used = _("Last used on %(day)s.") % {"day": _day(passkey.used)} if passkey.used else _("Not used yet.")
    return f"{added} {used}"


def _day(moment: datetime | None) -> str:
    return day_in_words(moment) if moment else ""
