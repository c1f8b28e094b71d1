"""Identifiers that leave the server: random, opaque, stable; never a database key or a printed number."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

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


def public_id_field() -> "models.CharField[str, str]":
    """The id by which a row is known outside."""
    return models.CharField(_("public id"), max_length=20, unique=True, editable=False, default=new_public_id)
