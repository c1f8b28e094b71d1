"""Identifiers that leave the server: random, opaque, stable; never a database key or a printed number."""

import secrets

_ALPHABET = (
    "23456789abcdefghjkmnpqrstvwxyz"  # no letters or digits that look alike, no vowels that spell words
)


def new_public_id() -> str:
    """20 characters, about 98 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(20))


def new_reference() -> str:
    """8 characters in two groups that a person can read out, e.g. `k7mq-2xwd`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def new_secret() -> str:
    """An unguessable token for a URL, 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)
