"""Every address of the server against calls made to break it: an answer, whatever it says, but no fault of ours."""

import os
import re
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from itertools import cycle, product
from urllib.parse import quote, quote_from_bytes

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from accounts.models import Role
from cdsc_portal.lib.time import clock
from cdsc_portal.web.staff_roles import ROLES
from datahub.feeds.sources.staff_tokens import issue_staff_token
from tests.consent.api.reader import Reader
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import SECRET, approve, ask
from tests.factories.datahub import bill
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_days
from tests.fuzz.hostile_calls import BODIES, FILES, FORM, HEADERS, MULTIPART, NUMBERS, PIECES

pytestmark = pytest.mark.django_db
# calls to each address; `make fuzz` gives more and other ones each time
EXAMPLES = max(2, int(os.environ.get("FUZZ_EXAMPLES", "0")) // 100)
METHODS = ("GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>|\(\?P<(?P<named>\w+)>[^()]*\)")
FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*\bname=\"([^\"]+)\"[^>]*>")
LINK = re.compile(r"[?&](?:amp;)?([\w.]+)=")
ALWAYS = ("page", "o", "q", "next", "find", "period", "start", "end", "after", "id", "pk__in", "_to_field",
          "_changelist_filters", "date__year", "created__gte", "access_token", "authorization_details",
          "request_uri")  # fmt: skip


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route.rstrip("$")


ROUTES = sorted(set(addresses(get_resolver().url_patterns)))
AREAS = {
    "admin of accounts": lambda route: route.startswith("/admin/accounts/"),
    "admin of consent": lambda route: route.startswith("/admin/consent/"),
    "admin of data": lambda route: route.startswith("/admin/datahub/"),
    "the rest": lambda route: not re.match("/admin/(accounts|consent|datahub)/", route),
}


@dataclass
class World:
    """One of everything, and who calls: nobody, people, each role of staff, programs."""

    keys: dict[str, str] = field(default_factory=dict)
    callers: dict[str, tuple[Browser, dict[str, str]]] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # of the fields of a page
    files: dict[str, list[str]] = field(default_factory=dict)

    def good(self, route: str, name: str) -> str:
        """What stands for a parameter in an address that opens something."""
        if model := re.match(r"/admin/(\w+)/(\w+)/", route):
            rows = apps.get_model(model[1], model[2])._base_manager
            return str(rows.values_list("pk", flat=True).first() or 1)
        before = route.partition(f"{name}>")[0].rpartition("/<")[0].rpartition("/")[2]
        return self.keys.get(name) or self.keys.get(before) or "1"

    def send(self, caller: str, method: str, address: str, body: bytes, headers: dict[str, str]) -> int:
        """The status; what the call changed is taken back. An exception of a view comes through."""
        browser, own = self.callers[caller]
        kept = browser.cookies.copy()
        with transaction.atomic():
            environ = {
                f"HTTP_{name.upper().replace('-', '_')}": text for name, text in {**own, **headers}.items()
            }
            for name in ("CONTENT_LENGTH", "CONTENT_TYPE"):
                if f"HTTP_{name}" in environ:
                    environ[name] = environ.pop(f"HTTP_{name}")
            answer = browser.generic(method, address, body, environ.pop("CONTENT_TYPE", FORM), **environ)
            if answer.streaming:
                b"".join(answer.streaming_content)
            transaction.set_rollback(True)
        browser.cookies = kept
        return answer.status_code

    def fields_of(self, route: str) -> list[str]:
        """The names that the page's own links and fields have."""
        if route not in self.fields:
            address = PARAMETER.sub(lambda match: self.good(route, match["name"] or match["named"]), route)
            names: set[str] = set()
            for caller in ("administrator", "owner", "nobody"):
                browser, own = self.callers[caller]
                with transaction.atomic():
                    answer = browser.get(address.replace("\\", ""), headers=own)
                    if answer.status_code == 200 and not answer.streaming:
                        page = answer.content.decode(errors="replace")
                        for match in FIELD.finditer(page):
                            names.add(name := unescape(match[1]))
                            value = re.search(r'\bvalue="([^"]*)"', match[0])
                            self.values.setdefault(route, {})[name] = unescape(value[1]) if value else ""
                            if 'type="file"' in match[0]:
                                self.files.setdefault(route, []).append(name)
                        names |= {unescape(name) for name in LINK.findall(page)}
                    transaction.set_rollback(True)
            self.fields[route] = sorted(names - {"csrfmiddlewaretoken"})
        return self.fields[route]


@pytest.fixture
def world(settings, tmp_path) -> World:
    settings.MEDIA_ROOT = tmp_path
    settings.FEED_CALLS_PER_MINUTE = 10**6
    home, at, viewer = household(), clock.now(), UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    load_days(home.meter, date(2026, 3, 1), 2, scale=0)
    statement = bill(home.contract)
    statement.file.save("bill.pdf", ContentFile(b"invented"))
    grant = approve(ask({"type": "usage_data", "services": "all", "end": "+1y"}, user=home.owner))
    waiting = ask({"type": "bill_data", "services": "all"}, user=home.owner)
    run, clerk, reader = FeedRunFactory(feed=FeedFactory()), StaffFactory(), Reader()
    reader.granted(home.contract, scope=" ".join(reader.client.allowed_scopes))
    token = issue_staff_token(user=clerk, label="job", expires=at + timedelta(days=9), at=at)[1]
    keys = {
        "accounts": home.account.public_id,
        "contracts": home.contract.public_id,
        "meters": home.meter.public_id,
        "bills": statement.public_id,
        "statement_id": statement.public_id,
        "sharing": grant.public_id,
        "number": grant.receipts.get().number,
        "customer": home.customer.public_id,
        "person": viewer.public_id,
        "part": "all",
        "reference": waiting.reference,
        "key": waiting.page.rstrip("/").rpartition("/")[2],
        "feed_id": run.feed.public_id,
        "run_id": run.public_id,
        "scopes": "usage_data",
    }
    made = World(keys)
    made.callers["nobody"] = Browser(), {}
    made.callers["program"] = Browser(), reader.bearer
    made.callers["feed job"] = Browser(), {"Authorization": f"Bearer {token}"}
    basic = b64encode(f"{reader.client.client_id}:{SECRET}".encode()).decode()
    made.callers["client"] = Browser(), {"Authorization": f"Basic {basic}"}
    people = {"owner": home.owner, "viewer": viewer, "administrator": clerk}
    for role in ROLES:
        people[str(role)] = UserFactory(is_staff=True)
        people[str(role)].groups.add(Group.objects.get(name=role))
    for name, person in people.items():
        made.callers[name] = Browser(), {}
        made.callers[name][0].force_login(person)
    return made


@st.composite
def calls(draw, world: World, route: str):
    """(caller, method, address, body, headers): a good call in which some things are hostile."""
    piece = st.sampled_from(PIECES) | st.binary(max_size=12)
    everybody = sorted(world.callers)
    usual = ["administrator"] if route.startswith("/admin/") else ["owner", "program", "feed job", "client"]
    caller = draw(st.sampled_from(usual) | st.sampled_from(everybody))
    method = draw(st.sampled_from(METHODS))
    spoilt = draw(st.sets(st.sampled_from(("path", "query", "body", "header")), min_size=1))

    def part(match: re.Match[str]) -> str:
        if "path" not in spoilt or draw(st.booleans()):
            return world.good(route, match["name"] or match["named"])
        if match["kind"] == "int":
            return draw(st.sampled_from(NUMBERS))
        return quote_from_bytes(draw(piece), safe="")

    address = PARAMETER.sub(part, route).replace("\\", "")
    names = world.fields_of(route) + list(ALWAYS)
    if "query" in spoilt:
        query = draw(st.lists(st.tuples(st.sampled_from(names), piece), min_size=1, max_size=4))
        address += "?" + "&".join(f"{quote_from_bytes(n.encode())}={quote_from_bytes(v)}" for n, v in query)
    kind, body = FORM, b""
    if method not in ("GET", "HEAD"):
        kind, body = draw(bodies(world, route, piece))
    headers = {"Content-Type": kind}
    if "header" in spoilt:
        for name in draw(st.sets(st.sampled_from(sorted(HEADERS)), max_size=2)):
            headers[name] = draw(st.sampled_from(HEADERS[name]))
    return caller, method, address, body, headers


@st.composite
def bodies(draw, world: World, route: str, piece) -> tuple[str, bytes]:
    """A body that is none, or a form of the page's own fields with hostile values and files."""
    names = world.fields_of(route)
    if not names or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(BODIES))
    good = world.values.get(route, {})
    hostile = draw(st.dictionaries(st.sampled_from(names), piece, min_size=1, max_size=3))
    files = world.files.get(route, [])
    fields = {name: value.encode() for name, value in good.items() if name not in files} | hostile
    if not files:
        return FORM, "&".join(
            f"{quote_from_bytes(n.encode())}={quote_from_bytes(v)}" for n, v in fields.items()
        ).encode()
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (n.encode(), v)
        for n, v in fields.items()
    )
    for name in files:
        body += b'--b\r\nContent-Disposition: form-data; name="%s"; filename="a.csv"\r\n\r\n%s\r\n' % (
            name.encode(),
            draw(st.sampled_from(FILES)),
        )
    return MULTIPART, body + b"--b--\r\n"


NO_TEXT = ("services=%FF", "q=a&page=%ED%A0%80", "%C0%AF=1")
DEEP = b"[" * 5_000
MAPPING = "/admin/datahub/feed/<int:pk>/mapping/"
FEED = "/admin/datahub/feed/<path:object_id>/change/"
FILES_OF_FEED = "/api/feeds/<str:feed_id>/files"
# calls that were faults once: (status, caller, method, address, body, headers)
FORMER_FAULTS = {
    "a length of a digit that is none": (411, "feed job", "POST", FILES_OF_FEED, b"x", {"Content-Length": "²"}),
    "a length of 5,000 digits": (413, "feed job", "POST", FILES_OF_FEED, b"x", {"Content-Length": "9" * 5_000}),
    "a list of staff with a length of a digit that is none": (
        200, "administrator", "POST", "/admin/datahub/billstatement/", b"x", {"Content-Length": "²"},
    ),
    "NUL as a feed": (404, "feed job", "POST", "/api/feeds/%00/files", b"x", {}),
    "NUL as a run": (404, "feed job", "GET", "/api/feeds/<str:feed_id>/files/%00", b"", {}),
    "no field to open a row by": (200, "administrator", "GET", f"{FEED}?_to_field=", b"", {}),
    "a mapping of lists in lists": (200, "administrator", "POST", MAPPING, b"mapping=" + DEEP, {}),
    "a hidden mapping that is none": (200, "administrator", "POST", MAPPING, b"mapping={}&shown=" + DEEP, {}),
    "a column of a digit that is none": (
        200, "administrator", "POST", MAPPING, b"mapping={}&shown={}&columns.value=" + quote("²").encode(), {},
    ),
    "a column of 5,000 digits": (
        200, "administrator", "POST", MAPPING, b"mapping={}&shown={}&columns.value=" + b"9" * 5_000, {},
    ),
    "settings of lists in lists": (200, "administrator", "POST", FEED, b"settings=" + DEEP, {}),
    "settings of digits": (200, "administrator", "POST", FEED, b"settings=" + b"9" * 5_000, {}),
    "settings with NUL": (
        200, "administrator", "POST", FEED,
        b'name=a&format=usage_csv_long&time_zone=Europe/Berlin&alert_percent=5&settings={"a": "\\u0000"}', {},
    ),
    "an account under what is no account": (
        200, "administrator", "POST", "/admin/accounts/billingaccount/add/", b"parent=[[&programs=%C2%B2", {},
    ),
}  # fmt: skip


def test_a_call_that_was_a_fault_is_answered(world):
    answers = {}
    for name, (_, caller, method, route, body, headers) in FORMER_FAULTS.items():
        address = PARAMETER.sub(lambda match, route=route: world.good(route, match["name"]), route)
        answers[name] = world.send(caller, method, address, body, headers)

    assert answers == {name: case[0] for name, case in FORMER_FAULTS.items()}


@pytest.mark.parametrize("caller", ["administrator", "program"])
def test_a_query_that_is_no_text_is_refused_at_each_address(world, caller):
    places = {
        PARAMETER.sub(lambda match, route=route: world.good(route, match["name"] or match["named"]), route)
        for route in ROUTES
    }
    addresses = [place.replace("\\", "") for place in sorted(places)]

    # the pages of staff take a while: each address refuses one of the three, `make fuzz` tries them all
    turns = cycle(NO_TEXT)
    calls = product(addresses, NO_TEXT) if EXAMPLES > 2 else ((address, next(turns)) for address in addresses)

    answers = {
        f"{address}?{query}": world.send(caller, "GET", f"{address}?{query}", b"", {})
        for address, query in calls
    }

    assert {call: status for call, status in answers.items() if status != 400} == {}


@pytest.mark.parametrize("area", AREAS)
def test_no_call_to_any_address_is_a_fault_of_ours(world, area):
    for route in filter(AREAS[area], ROUTES):
        alike = settings().derandomize

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
        @given(calls(world, route))
        def tried(call):
            assert world.send(*call) < 500 or call[2].startswith("/health/")

        (seed(zlib.crc32(route.encode()))(tried) if alike else tried)()
