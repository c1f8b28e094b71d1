"""Secrets that must be read again are sealed in the database; those that need not be are kept as digests (X-18).

The first key of the ring (`SECRET_KEYS`) seals and makes digests; every key of it opens and finds.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class BrokenSealError(ValueError):
    """The text was not sealed here, or with a key that is not in the ring any more."""


def seal(text: str, *, purpose: str) -> str:
    """`text` so that only this server reads it; the same text is sealed differently each time."""
    return _boxes(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """What was sealed for the same purpose, with any key of the ring. Raises BrokenSealError."""
    try:
        return _boxes(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise BrokenSealError(f"cannot be read as {purpose}") from error


def digest(text: str, *, purpose: str) -> str:
    """64 characters to be stored: they tell equal texts and, without the key, nothing else, so that short codes
    cannot be tried out. To find what was stored ask with `digests`.
    """
    return digests(text, purpose=purpose)[0]


def digests(text: str, *, purpose: str) -> tuple[str, ...]:
    """The digest by each key of the ring, for a look-up: `filter(digest__in=digests(...))`. The first is the newest."""
    return tuple(hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in _keys(purpose))


def is_digest_of(stored: str, text: str, *, purpose: str) -> bool:
    """Whether `kept` was made of `text`, by any key of the ring, in a time that does not tell where they differ."""
    return any(hmac.compare_digest(stored, candidate) for candidate in digests(text, purpose=purpose))


def _boxes(purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in _keys(purpose)])


def _keys(purpose: str) -> tuple[bytes, ...]:
    """A key of this purpose for each key of the ring."""
    ring = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(
        hmac.new(key.encode(), f"sealed:{purpose}".encode(), hashlib.sha256).digest() for key in ring
    )
