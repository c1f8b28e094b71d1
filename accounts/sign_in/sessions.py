"""Sessions in the database: what is in it opens none, and each ends by two clocks, idle and old.

The cookie holds a secret, the table its SHA-256 digest (it is random, so that needs no salt), and the data are
sealed: codes and keys of a login under way are among them (X-18).
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import Session, User
from accounts.services.sessions import delete_dead_sessions
from cdsc_portal.lib.secrets.sealed import BrokenSealError, seal, unseal
from cdsc_portal.lib.time import clock

_PURPOSE = "session"
_BEGAN, _IS_STAFFS = "login_began", "login_of_staff"


class SessionStore(SessionBase):
    """Django's session engine (SESSION_ENGINE) over the table of `Session`.

    `in_background`: the call comes from a page that renews itself, so it is no sign of life and moves no end.
    """

    in_background = False
    _expires: datetime | None = None  # of what was loaded

    def load(self) -> dict[str, Any]:
        row = Session.objects.filter(pk=_digest(self.session_key or ""), expires__gt=clock.now()).first()
        if row is None:
            self._session_key = None
            return {}
        self._expires = row.expires
        return self.decode(row.data)

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(pk=_digest(session_key)).exists()

    def create(self) -> None:
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # not in the stubs
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Raises CreateError where the id is taken, UpdateError where the row is gone: somebody logged out.

        A call that changed nothing moves the end only, so that it does not undo what a call beside it has saved.
        """
        if self.session_key is None:
            self.create()
            return
        digest = _digest(self.session_key)
        kept = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # not in the stubs
        values: dict[str, Any] = {"expires": clock.now() + timedelta(seconds=self.get_session_cookie_age())}
        if must_create or self.modified:
            values["data"] = self.encode(kept)
        try:
            with transaction.atomic():
                if must_create:
                    Session.objects.create(digest=digest, **values)
                elif not Session.objects.filter(pk=digest).update(**values):
                    raise UpdateError
        except IntegrityError as error:
            raise CreateError from error

    def delete(self, session_key: str | None = None) -> None:
        secret = session_key or self.session_key
        if secret is not None:
            Session.objects.filter(pk=_digest(secret)).delete()

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(json.dumps(session_dict, separators=(",", ":")), purpose=_PURPOSE)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """What was kept; nothing where it was sealed with another key: whoever it was logs in again."""
        try:
            kept: dict[str, Any] = json.loads(  # noqa: TID251 - we sealed it
                unseal(str(session_data), purpose=_PURPOSE)
            )
        except BrokenSealError:
            return {}
        return kept

    def get_session_cookie_age(self) -> int:
        """Seconds until the session ends if nothing more is done in it."""
        if self.in_background and self._expires is not None:
            return int((self._expires - clock.now()).total_seconds())
        idle, left = login_ends(self)
        return min(idle, left)

    @classmethod
    def clear_expired(cls) -> None:
        delete_dead_sessions(at=clock.now())


def login_ends(session: SessionBase) -> tuple[int, int]:
    """Seconds that a login lasts without a call, and that it still lasts at most. Without a login both are the idle."""
    began = session.get(_BEGAN)
    if began is None:
        return settings.SESSION_COOKIE_AGE, settings.SESSION_COOKIE_AGE
    if session.get(_IS_STAFFS):
        idle, longest = settings.STAFF_IDLE_MINUTES * 60, settings.STAFF_SESSION_HOURS * 3600
    else:
        idle, longest = settings.SESSION_COOKIE_AGE, settings.SESSION_HOURS * 3600
    return idle, int(began + longest - clock.now().timestamp())


@receiver(user_logged_in, dispatch_uid="remember_when_the_login_began")
def remember_login(*, request: HttpRequest, user: User, **_news: object) -> None:
    """The clocks of this login start now. Who becomes staff meanwhile logs in anew (`User.get_session_auth_hash`)."""
    request.session[_BEGAN] = clock.now().timestamp()
    request.session[_IS_STAFFS] = user.is_staff


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
