"""A third party that holds a token and reads the API with it."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.test import Client as Browser
from oauth2_provider.models import set_token_value

from accounts.models import BillingAccount, ServiceContract
from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Grant
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory


class Reader:
    """`granted` makes a grant and a token for it; `get` calls with that token."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or ClientFactory()
        self.user = UserFactory()  # one for all grants: a password takes its time
        self.token = ""
        self.grant: Grant | None = None

    def granted(
        self,
        *contracts: ServiceContract,
        scope: str = "usage_data",
        start: datetime | None = None,
        end: datetime | None = None,
        future: Iterable[BillingAccount] = (),
        **grant: object,
    ) -> Grant:
        """A grant of the scopes named in `scope`, each over `contracts` in [start, end)."""
        self.grant = GrantFactory(client=self.client, scope=scope, **{"user": self.user, **grant})
        for name in scope.split():
            GrantPartFactory(
                grant=self.grant,
                scope=name,
                contracts=contracts,
                window_start=start,
                window_end=end,
                future_accounts=future,
            )
        self.token = issue_token(self.grant)
        return self.grant

    def get(self, path: str, query: dict[str, object] | None = None, **headers: str) -> HttpResponse:
        browser = Browser(raise_request_exception=False)
        return browser.get(path, query, headers={**self.bearer, **headers})

    @property
    def bearer(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"Authorization": f"Bearer {self.token}"}


def issue_token(grant: Grant, *, expires: datetime | None = None, scope: str | None = None) -> str:
    """A token for `grant`, as the token endpoint would hand out."""
    text = secrets.token_urlsafe(24)
    token = AccessToken(
        application=grant.client,
        grant=grant,
        user=grant.user,
        scope=grant.scope if scope is None else scope,
        expires=expires or clock.now() + timedelta(hours=1),
    )
    set_token_value(token, text)
    token.save()
    return text
