"""Tokens die with their grant, in the transaction that ends it (X-14)."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from consent.models import Grant
from consent.oauth.tokens import end_tokens_of
from consent.signals import grant_ended


@receiver(grant_ended)
def end_tokens(sender: Any, *, grant: Grant, at: datetime, **kwargs: Any) -> None:
    end_tokens_of(grant, at=at)
