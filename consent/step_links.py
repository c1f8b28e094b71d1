"""Addresses of the pages on which a third party's people take the steps of its registration (R-44, R-47).

The key is signed, names the message that leads there and is kept nowhere, so a copy of the database opens no page. It
opens again and again until its message says that it is over.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from consent.models import Message

_SALT = "consent.step_links"


def step_address(message: Message) -> str:
    """The page of the step that `message` asks for; or, of a completed payment, its receipt."""
    return settings.PUBLIC_URL + reverse("registration_step", args=[step_key(message)])


def step_key(message: Message) -> str:
    return signing.Signer(salt=_SALT).sign(message.public_id)


def message_of_key(key: str) -> str:
    """The public id of the message whose key it is; "" for what the server never gave."""
    try:
        return signing.Signer(salt=_SALT).unsign(key)
    except signing.BadSignature:
        return ""
