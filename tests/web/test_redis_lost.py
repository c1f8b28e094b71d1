"""Redis is gone: logins, tokens and data go on, and limits that count in it count by process."""

from time import monotonic

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import Client as Browser
from redis.exceptions import ConnectionError as RedisConnectionError

from consent.models import Grant
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import approve
from tests.journeys.consent_steps import request_of

pytestmark = pytest.mark.django_db


def lose_redis(settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": {}}
        | {"BACKEND": "cdsc_portal.lib.runtime.redis_or_memory.RedisOrMemoryCache"}
    }


def test_who_logs_in_and_who_reads_data_notices_nothing(settings):
    home = household()
    home.owner.set_password("a long password")
    home.owner.save()
    approve(request_of(home))
    grant = Grant.objects.get()
    third_party = ThirdParty(grant.client)
    lose_redis(settings)
    browser = Browser()

    page = browser.post("/accounts/login/", {"login": home.owner.email, "password": "a long password"})
    token = third_party.tokens_for(grant)
    renewed = third_party.refresh(token["refresh_token"])
    data = browser.get("/usage_data", headers={"Authorization": f"Bearer {renewed.json()['access_token']}"})

    assert (page.status_code, page["Location"]) == (302, "/my/")
    assert (renewed.status_code, data.status_code) == (200, 200)
    assert browser.get("/my/").status_code == 200


def test_the_cache_still_counts_and_keeps_meanwhile(settings):
    lose_redis(settings)

    assert cache.add("tries", 1) is True
    assert (cache.incr("tries"), cache.get("tries"), cache.get_many(["tries", "none"])) == (
        2,
        2,
        {"tries": 2},
    )
    cache.delete("tries")
    assert cache.get("tries") is None


def test_redis_is_asked_again_after_a_while_and_not_with_each_call(settings, monkeypatch):
    lose_redis(settings)
    called_at = []

    def get(self, key, default=None, version=None):
        called_at.append(monotonic())
        if len(called_at) == 1:
            raise RedisConnectionError
        return "from Redis"

    monkeypatch.setattr(RedisCache, "get", get)
    answers = [cache.get("word", "none"), cache.get("word", "none")]
    monkeypatch.setattr("cdsc_portal.lib.runtime.redis_or_memory.time.monotonic", lambda: monotonic() + 6)

    assert (answers, cache.get("word"), len(called_at)) == (["none", "none"], "from Redis", 2)
