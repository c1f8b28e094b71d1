"""Tokens die with their grant, and with a secret that leaked, in the transaction that ends it (X-14, X-19)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from consent.models import Client, Credential, Grant
from consent.oauth.tokens import end_tokens_got_by, end_tokens_of, end_tokens_of_credentials
from consent.signals import credentials_ended, credentials_leaked, grant_ended


@receiver(grant_ended)
def end_tokens(sender: Any, *, grant: Grant, at: datetime, **kwargs: Any) -> None:
    end_tokens_of(grant, at=at)


@receiver(credentials_leaked)
def end_tokens_of_secret(
    sender: Any, *, client: Client, credentials: Collection[Credential], at: datetime, **kwargs: Any
) -> None:
    end_tokens_got_by(client, credentials, at=at)


@receiver(credentials_ended)
def end_tokens_of_ended(
    sender: Any, *, credentials: Collection[Credential], at: datetime, **kwargs: Any
) -> None:
    end_tokens_of_credentials(credentials, at=at)
