"""Sources and tokens as staff see and change them."""

import re

import pytest
from django.urls import reverse

from datahub.feeds.sources.staff_tokens import used_staff_token
from datahub.models import FeedSource, SeenFile, SourceKind, StaffToken
from tests.datahub.feeds.sources.conftest import MORNING
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def fields(feed, **changes):
    fields = {
        "feed": feed.pk, "kind": "https", "address": "https://files.example.com/march.csv", "pattern": "*",
        "every_minutes": 15, "active": "on", "user_name": "", "secret_name": "", "host_key": "",
    }  # fmt: skip
    return {**fields, **changes}


def test_staff_add_a_source_and_it_is_due(staff, feed):
    staff.post(reverse("admin:datahub_feedsource_add"), fields(feed, secret_name="FEED_SECRET_VENDOR"))

    source = FeedSource.objects.get()
    assert (source.feed, source.kind, source.secret_name) == (feed, SourceKind.HTTPS, "FEED_SECRET_VENDOR")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"address": "https://portal:secret@files.example.com/"},
            "no user or password belongs in the address",
        ),
        ({"address": "http://files.example.com/"}, "plain http is only for hosts that FEED_PULL_HOSTS names"),
        ({"kind": "folder", "address": "/"}, "not in or below one of FEED_FOLDERS"),
        ({"kind": "sftp", "address": "sftp://files.example.com/out"}, "only spoken to if its key is known"),
        ({"kind": "sftp", "address": "files.example.com"}, "the address must be sftp://host/folder"),
        ({"secret_name": "SECRET_KEY"}, "The name must begin with FEED_SECRET_"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(staff, feed, changes, message):
    page = staff.post(reverse("admin:datahub_feedsource_add"), fields(feed, **changes))

    assert message in page.content.decode()
    assert not FeedSource.objects.exists()


def test_a_source_turned_elsewhere_begins_anew(staff, feed):
    source = FeedSource.objects.create(
        feed=feed, kind="https", address="https://files.example.com/a", etag='"1"', failures=3, problem="silent",
        next_look=MORNING.replace(year=2030),
    )  # fmt: skip
    SeenFile.objects.create(source=source, name="a", size=1, modified_ns=1)

    staff.post(reverse("admin:datahub_feedsource_change", args=[source.pk]), fields(feed))

    source.refresh_from_db()
    assert (source.etag, source.failures, source.problem, source.seen_files.count()) == ("", 0, "", 0)
    assert source.next_look.year < 2030


def test_a_failing_source_says_why_and_can_be_looked_at_at_once(staff, feed):
    source = FeedSource.objects.create(
        feed=feed, kind="folder", address="gone", problem="the folder cannot be opened", failures=2,
        next_look=MORNING.replace(year=2030),
    )  # fmt: skip

    page = staff.get(reverse("admin:datahub_feedsource_change", args=[source.pk])).content.decode()
    staff.post(reverse("admin:datahub_feedsource_look", args=[source.pk]))

    source.refresh_from_db()
    assert "the folder cannot be opened" in page
    assert source.next_look.year < 2030


def test_a_token_is_shown_once_and_opens(staff):
    page = staff.post(reverse("admin:datahub_stafftoken_make"), {"label": "nightly job", "days": 30})
    text = re.search(r'id="staff-token">([^<]+)<', page.content.decode()).group(1)
    token = StaffToken.objects.get()
    later = [
        staff.get(reverse("admin:datahub_stafftoken_change", args=[token.pk])),
        staff.get(reverse("admin:datahub_stafftoken_changelist")),
    ]

    assert used_staff_token(text, at=token.created) == token
    assert (token.expires - token.created).days == 30
    assert "no-store" in page.headers["Cache-Control"]
    assert [text in answer.content.decode() for answer in later] == [False, False]


def test_a_revoked_token_opens_nothing_more(staff):
    page = staff.post(reverse("admin:datahub_stafftoken_make"), {"label": "nightly job", "days": 30})
    text = re.search(r'id="staff-token">([^<]+)<', page.content.decode()).group(1)
    token = StaffToken.objects.get()

    question = staff.get(reverse("admin:datahub_stafftoken_revoke", args=[token.pk]))
    before = used_staff_token(text, at=token.created)
    staff.post(reverse("admin:datahub_stafftoken_revoke", args=[token.pk]))

    assert question.status_code == 200
    assert before == token
    assert used_staff_token(text, at=token.created) is None


@pytest.mark.parametrize(
    "name", ["datahub_stafftoken_make", "datahub_stafftoken_revoke", "datahub_feedsource_look"]
)
def test_only_who_may_run_feeds_acts(client, name):
    client.force_login(UserFactory(is_staff=True))
    place = reverse(f"admin:{name}", args=[] if name.endswith("make") else [1])

    assert client.post(place, {"label": "job", "days": 1}).status_code == 403


@pytest.mark.parametrize("name", ["feedsource", "stafftoken"])
def test_lists_cost_the_same_however_many_rows(staff, name, django_assert_max_num_queries):
    for number in range(30):
        FeedSource.objects.create(feed=FeedFactory(), kind="https", address="https://files.example.com/a")
        StaffToken.objects.create(
            user=UserFactory(), label="job", token_checksum=f"{number:064}", expires=MORNING
        )

    with django_assert_max_num_queries(12):
        page = staff.get(reverse(f"admin:datahub_{name}_changelist"))

    assert page.status_code == 200
