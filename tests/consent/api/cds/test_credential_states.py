"""Secrets as a state machine: whatever the third party, its people, staff and the clock do, in any order."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client as Browser
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cdsc_portal.lib.time import clock
from consent.api.cds import endpoints
from consent.models import Credential
from consent.queries.admin_access import admin_access
from consent.services.credentials import (
    SECRET_OVERLAP,
    end_older_secrets,
    renew_secret,
    replace_leaked_secret,
)
from tests.consent.api.cds.third_party import ask_for_token, third_party
from tests.factories.accounts import UserFactory

LIST = "/cds/credentials"
EXPIRES = "client_secret_expires_at"
TOKEN_SECONDS = 3600
_KEPT = int(SECRET_OVERLAP.total_seconds())


class Rollback(Exception):  # noqa: N818 - ends an example
    pass


@dataclass
class Secret:
    """What must be true of one: `expires` as the API tells it; `tokens` are those that must still open a door."""

    uri: str
    value: str
    expires: int = 0
    tokens: dict[str, int] = field(default_factory=dict)

    def works(self, now: int) -> bool:
        return not self.expires or self.expires > now


class Credentials(RuleBasedStateMachine):
    """The secrets of one object, which itself calls the API, on a clock that only moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        cache.clear()  # what was counted against the former example's callers
        self.time = time_machine.travel(clock.now().replace(microsecond=0), tick=False)
        self.traveller = self.time.start()
        self.browser = Browser()
        self.party = third_party(self.browser)
        self.by = UserFactory()
        self.secrets: list[Secret] = []
        self.dead: set[str] = set()
        self._add(self.party.secret)
        self.secrets[0].tokens[self.party.token] = self._now() + TOKEN_SECONDS

    def teardown(self) -> None:
        self.time.stop()
        self.transaction.__exit__(Rollback, Rollback(), None)

    def _now(self) -> int:
        return int(clock.now().timestamp())

    def _add(self, value: str) -> None:
        """The secret that was made last."""
        newest = Credential.objects.filter(client=self.party.admin).order_by("pk").last()
        self.secrets.append(Secret(endpoints.CREDENTIAL.url(credential_id=newest.public_id), value))

    def _call(self, method, path, body=None):
        """With a token that works; where there is none, with a new one, for which a secret is renewed if need be."""
        now = self._now()
        working = [secret for secret in self.secrets if secret.works(now)]
        living = [token for secret in working for token, ends in secret.tokens.items() if ends > now]
        if not living:
            if not working:
                self._add(renew_secret(client=self.party.admin, by=self.by, at=clock.now()))
            living = [self._new_token(next(each for each in reversed(self.secrets) if each.works(now)))]
        self.party.token = living[0]
        return self.party.get(path) if method == "get" else self.party.send(method, path, body)

    def _new_token(self, secret):
        answer = ask_for_token(self.browser, self.party.client_id, secret.value)
        assert answer.status_code == 200
        token = answer.json()["access_token"]
        secret.tokens[token] = self._now() + TOKEN_SECONDS
        return token

    def _drawn(self, data) -> Secret:
        return self.secrets[data.draw(strategies.integers(0, len(self.secrets) - 1))]

    @rule()
    def third_party_adds_a_secret(self):
        made = self._call("post", LIST, {"client_id": self.party.client_id})
        assert made.status_code == 201
        self.secrets.append(Secret(made.json()["uri"], made.json()["client_secret"]))

    @rule(data=strategies.data(), after=strategies.sampled_from([None, -60, 0, 10, 90_000]))
    def third_party_moves_an_end(self, data, after):
        secret, now = self._drawn(data), self._now()
        wanted = 0 if after is None else now + after
        answer = self._call("patch", secret.uri, {EXPIRES: wanted})
        sooner = wanted and wanted >= now and (not secret.expires or wanted <= secret.expires)
        allowed = wanted == secret.expires or (secret.works(now) and sooner)
        assert answer.status_code == (200 if allowed else 400)
        if allowed and wanted != secret.expires:
            if wanted == now:
                self._end([secret])
            secret.expires = wanted

    @rule(data=strategies.data())
    def third_party_asks_for_a_token(self, data):
        secret = self._drawn(data)
        if secret.works(self._now()):
            self._new_token(secret)
        else:
            assert ask_for_token(self.browser, self.party.client_id, secret.value).status_code == 401

    @rule()
    def people_renew(self):
        now = self._now()
        for secret in self.secrets:
            if secret.works(now):
                secret.expires = min(secret.expires or now + _KEPT, now + _KEPT)
        self._add(renew_secret(client=self.party.admin, by=self.by, at=clock.now()))

    @rule()
    def a_secret_leaks(self):
        self._end([secret for secret in self.secrets if secret.works(self._now())])
        self._add(replace_leaked_secret(client=self.party.admin, by=self.by, at=clock.now()))

    @rule()
    def staff_end_the_older_ones(self):
        self._end([secret for secret in self.secrets if secret.works(self._now())][:-1])
        end_older_secrets(client=self.party.admin, by=self.by, at=clock.now())

    @rule(seconds=strategies.sampled_from([5, 60, 100_000]))
    def time_passes(self, seconds):
        self.traveller.shift(timedelta(seconds=seconds))

    def _end(self, secrets):
        """At once, with the tokens got with them."""
        for secret in secrets:
            secret.expires = self._now()
            self.dead |= set(secret.tokens)
            secret.tokens.clear()

    @invariant()
    def each_is_listed_as_it_is(self):
        listed = self._call("get", f"{LIST}?client_ids={self.party.client_id}").json()["credentials"]
        shown = {each["uri"]: (each["client_secret"], each[EXPIRES]) for each in listed}
        assert shown == {secret.uri: (secret.value, secret.expires) for secret in self.secrets}

    @invariant()
    def a_token_opens_until_its_own_end_or_that_of_its_secret(self):
        now = self._now()
        for secret in self.secrets:
            for token, ends in secret.tokens.items():
                opens = ends > now and secret.works(now)
                assert (admin_access(token, at=clock.now()) is not None) == opens
        for token in self.dead:
            assert admin_access(token, at=clock.now()) is None


@pytest.mark.django_db
@pytest.mark.spec("R-138", "R-139", "R-143", "R-145", "R-146", "X-19")
def test_no_sequence_lets_a_secret_or_a_token_outlive_its_end():
    run_state_machine_as_test(
        Credentials, settings=settings(max_examples=25, stateful_step_count=12, deadline=None)
    )
