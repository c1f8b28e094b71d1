"""What the page of settings shows."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.ways_to_log_in import has_single_sign_on, second_steps
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
    passkeys = []
    for passkey in steps.passkeys:
        added = _("Added on %(day)s.") % {"day": day_in_words(passkey.added)}
        used = _("Not used yet.")
        if passkey.used:
            used = _("Last used on %(day)s.") % {"day": day_in_words(passkey.used)}
        passkeys.append(PasskeyLine(passkey.key, passkey.name, f"{added} {used}"))
    return SettingsPage(
        email=user.email,
        has_password=user.has_usable_password(),
        passkeys=tuple(passkeys),
        has_app=steps.has_app,
        codes_left=steps.codes_left if steps.any else None,
        has_unreadable=bool(steps.unreadable),
        has_single_sign_on=has_single_sign_on(user=user),
        last_login=day_in_words(user.last_login) if user.last_login else "",
    )
