"""Secrets that must be read again are sealed in the database; those that need not be are kept as digests (X-18)."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class BrokenSealError(ValueError):
    """The text was not sealed here, or with another SECRET_KEY."""


def seal(text: str, *, purpose: str) -> str:
    """`text` so that only this server reads it; the same text is sealed differently each time."""
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """What was sealed for the same purpose. Raises BrokenSealError."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise BrokenSealError(f"cannot be read as {purpose}") from error


def digest(text: str, *, purpose: str) -> str:
    """64 characters that tell equal texts and, without SECRET_KEY, nothing else: short codes cannot be tried out."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare digests in a time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def _box(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(purpose)))


def _key(purpose: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"sealed:{purpose}".encode(), hashlib.sha256).digest()
