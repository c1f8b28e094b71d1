"""POST of a registration (CDS-WG1-02 7)."""

import base64
import json
from io import BytesIO

import pytest
import time_machine
from PIL import Image

from cdsc_portal.lib.time import clock
from consent.models import (
    Client,
    Credential,
    FieldType,
    Message,
    Registration,
    RegistrationField,
    Review,
)
from consent.queries import registrable
from consent.queries.registrable import Registrable
from tests.consent.api.cds.third_party import ADMIN, ask_for_token, register
from tests.factories.consent import ClientFactory
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.spec("R-62", "R-63", "R-64", "R-74", "R-75")
def test_the_answer_is_the_object_for_the_apis_with_its_secret(client):
    answer = register(
        client, redirect_uris=["https://app.example.com/callback"], contacts=["ops@example.com"]
    )

    made = answer.json()
    assert answer.status_code == 201
    assert made["scope"] == ADMIN
    assert (made["redirect_uris"], made["response_types"]) == ([], [])
    assert made["grant_types"] == ["client_credentials"]
    assert made["token_endpoint_auth_method"] == "client_secret_basic"
    assert made["cds_status_options"] == ["production"]
    assert made["contacts"] == ["ops@example.com"]
    assert "client_secret_expires_at" not in made
    assert ask_for_token(client, made["client_id"], made["client_secret"]).status_code == 200


@pytest.mark.spec("R-65", "R-67", "R-68", "R-70", "R-72", "R-79")
def test_scopes_that_agree_share_an_object_which_is_in_the_sandbox_at_once(client):
    register(client, scope=f"{ADMIN} usage_data bill_data", redirect_uris=["https://evil.example.com"])

    asking = Client.objects.get(status="sandbox")
    assert {tuple(each.allowed_scopes) for each in Client.objects.all()} == {
        (ADMIN,),
        ("usage_data", "bill_data"),
        ("cds_grant_admin_1",),
    }
    assert asking.allowed_scopes == ["usage_data", "bill_data"]
    assert asking.status_options == ["sandbox", "disabled"]
    assert asking.redirect_uris.endswith("/oauth/done/")
    assert asking.default_redirect_uri == asking.redirect_uris
    assert asking.default_authorization_details == []
    assert asking.default_scope == "usage_data bill_data"
    assert Credential.objects.filter(client=asking).count() == 1


@pytest.mark.spec("R-65", "R-66")
def test_other_response_types_or_a_grant_admin_scope_make_further_objects(client, monkeypatch):
    shaped = {
        ADMIN: Registrable(ADMIN, (), ("client_credentials",), ("client_secret_basic",)),
        "usage_data": Registrable("usage_data", ("code",), ("authorization_code",), ("none",), "admin_1"),
        "bill_data": Registrable("bill_data", ("code",), ("authorization_code",), ("client_secret_basic",)),
        "admin_1": Registrable("admin_1", (), ("client_credentials",), ("client_secret_basic",)),
        "files_1": Registrable("files_1", grant_admin_scope="admin_1"),
    }
    monkeypatch.setattr("consent.services.third_parties.register.registrable_scopes", lambda: shaped)

    register(client, scope=f"{ADMIN} usage_data bill_data files_1")

    objects = {" ".join(each.allowed_scopes): each for each in Client.objects.all()}
    assert objects.keys() == {ADMIN, "usage_data", "bill_data", "admin_1", "files_1"}
    assert (objects["usage_data"].auth_method, objects["usage_data"].client_type) == ("none", "public")
    assert objects["admin_1"].status_options == ["production", "disabled"]
    assert objects["files_1"].auth_method is None
    assert not objects["files_1"].credentials.exists()


@pytest.mark.spec("R-61")
@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"scope": "usage_data"}, "scope"),
        ({"scope": f"{ADMIN} usage_data openid"}, "scope"),
        ({"scope": [ADMIN]}, "scope"),
        ({"scope": None}, "scope"),
        ({"client_name": "N" * 300}, "client_name"),
        ({"client_name": "\u202e" * 30}, "client_name"),
        ({"client_name": "a\nb"}, "client_name"),
        ({"client_name": 7}, "client_name"),
        ({"client_name": "nul \x00"}, "client_name"),
        ({"client_uri": "javascript:alert(1)"}, "client_uri"),
        ({"logo_uri": "https://user@example.com/logo.png"}, "logo_uri"),
        ({"policy_uri": "https://[::1"}, "policy_uri"),
        ({"contacts": "ops@example.com"}, "contacts"),
        ({"contacts": [1]}, "contacts"),
    ],
)
def test_a_member_that_cannot_be_taken_is_named_and_nothing_is_stored(client, members, named):
    answer = register(client, **members)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["error"] == "invalid_client_metadata"
    assert named in answer.json()["error_description"]
    assert not Registration.objects.exists()
    assert not Client.objects.exists()


@pytest.mark.spec("R-61")
@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{" * 1000, 400, "no JSON object"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "too deep"),
        (b"[]", 400, "not an object"),
        (b'{"scope": "a", "scope": "b"}', 400, "scope: it is there more than once"),
        (b'{"client_name": "\\ud800"}', 400, "client_name: half of a pair"),
        (b'{"client_name": NaN}', 400, "no number of JSON"),
        (b"\xff\xfe", 400, "no JSON object"),
        (b" " * (16 * 1024 * 1024 + 1), 413, "too large"),
    ],
)
def test_a_body_that_is_no_plain_object_is_refused_in_words(client, body, status, words):
    answer = client.post("/cds/registration", body, content_type="application/json")

    assert answer.status_code == status
    assert words in answer.json()["error_description"]
    assert not Registration.objects.exists()


@pytest.mark.spec("R-61")
def test_another_content_type_and_another_method_are_refused(client):
    assert client.post("/cds/registration", {"scope": ADMIN}).status_code == 415
    refused = client.get("/cds/registration")
    assert (refused.status_code, refused["Allow"]) == (405, "POST")


@pytest.fixture
def field(monkeypatch):
    """Makes a registration field that usage data needs, or may have."""

    def make(format, *, optional=False, **more):
        made = RegistrationField.objects.create(
            field_id=f"field_{format}",
            type=FieldType.REGISTRATION_FIELD,
            description="Say it.",
            field_name=f"cds_{format}",
            format=format,
            **more,
        )
        _need(monkeypatch, made, optional=optional)
        return made.field_name

    return make


def _need(monkeypatch, field, *, optional=False):
    needed = registrable.registrable_scopes()
    kind = "optional" if optional else "requirements"
    needed["usage_data"] = Registrable(
        "usage_data",
        ("code",),
        ("authorization_code",),
        ("client_secret_basic",),
        **{kind: (field.field_id,)},
    )
    monkeypatch.setattr("consent.services.third_parties.register.registrable_scopes", lambda: needed)


def _image(kind="PNG"):
    buffer = BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


PDF = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()


@pytest.mark.spec("R-43")
@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [
        ("string", "Demo Ltd", ["", 7, None, "a\nb", "x" * 2001]),
        ("url", "https://example.com/a", ["example.com", "ftp://example.com", "https://a@b.example"]),
        ("email", "ops@example.com", ["ops", "ops@", 1]),
        ("boolean", True, ["true", 1, None]),
        ("image", _image(), ["no base64!", base64.b64encode(b"\x89PNG\r\n\x1a\nnone").decode(), PDF]),
        ("image", _image("JPEG"), [_image()[:-40]]),
        ("pdf", PDF, [_image(), base64.b64encode(b"%PDF-").decode(), True]),
        ("string_or_null", None, [7]),
        ("boolean_or_null", None, ["null"]),
        ("pdf_or_null", None, [_image()]),
    ],
)
def test_a_value_obeys_the_format_of_its_field(client, field, format, good, bad):
    name = field(format)

    for value in bad:
        refused = register(client, **{name: value})
        assert refused.status_code == 400, value
        assert name in refused.json()["error_description"]
    assert not Registration.objects.exists()
    assert register(client, **{name: good}).status_code == 201
    assert name in register(client).json()["error_description"]  # it is needed


@pytest.mark.spec("R-43")
def test_a_file_stands_in_a_row_of_its_own_with_its_digest_and_limits_hold(client, field):
    name = field("image", max_size=1000)

    register(client, **{name: _image()})

    registration = Registration.objects.get()
    stored = registration.files.get()
    assert registration.values == {}
    assert (stored.mime_type, len(stored.digest)) == ("image/png", 64)
    too_large = base64.b64encode(b"x" * 1001).decode()
    assert "at most 1000 bytes" in register(client, **{name: too_large}).json()["error_description"]


@pytest.mark.spec("R-41")
def test_the_default_of_an_optional_field_is_used_where_nothing_is_sent(client, field):
    name = field("string", optional=True, default="none", max_length=5)

    made = register(client).json()

    assert made[name] == "none"
    assert register(client, **{name: "x" * 6}).status_code == 400


@pytest.mark.spec("R-44", "R-47")
@pytest.mark.parametrize(
    ("type", "message", "related"),
    [
        ("payment_required", "payment_request", "payment_form"),
        ("email_verification", "online_form_request", "online_form"),
        ("sso_verification", "online_form_request", "online_form"),
        ("online_form", "online_form_request", "online_form"),
        ("pdf_form", "pdf_form_request", "pdf_form"),
    ],
)
def test_a_step_is_asked_for_by_a_message_with_the_link_where_it_begins(
    client, monkeypatch, type, message, related
):
    step = RegistrationField.objects.create(
        field_id="step",
        type=type,
        description="Do it.",
        start_uri="https://pay.example.com/",
        amount=5,
        currency="USD",
    )
    _need(monkeypatch, step)

    register(client)

    written = Message.objects.get()
    assert (written.type, written.status, written.read) == (message, "open", False)
    assert (written.related_uri, written.related_type) == ("https://pay.example.com/", related)
    assert Registration.objects.get().steps.get().status == "open"


@pytest.mark.spec("R-44")
def test_a_review_by_staff_has_no_message_and_each_registration_waits_for_staff(client, monkeypatch):
    step = RegistrationField.objects.create(field_id="step", type="internal_review", description="We look.")
    _need(monkeypatch, step)

    register(client)

    assert not Message.objects.exists()
    assert Registration.objects.get().steps.get().status == "pending"
    assert Review.objects.get().kind == "registration"


@pytest.mark.parametrize("name", ["SUNNY-savings", "Súnny  Savings", "{utility} Billing"])
def test_a_name_that_passes_for_another_is_flagged_to_staff(client, settings, name):
    ClientFactory(name="Sunny Savings")

    register(client, client_name=name.format(utility=settings.UTILITY_NAME))

    assert Registration.objects.get(flagged=True)


def test_a_registration_without_a_name_is_called_by_its_client_id(client):
    made = register(client, client_name="").json()

    assert made["client_name"] == made["client_id"] == Registration.objects.get().name


@pytest.mark.spec("R-189", "R-193s")
def test_an_address_registers_so_often_in_a_minute_and_then_waits(client, settings):
    settings.REGISTRATIONS_PER_MINUTE = 2

    with time_machine.travel(clock.now().replace(second=20), tick=False):
        statuses = [register(client).status_code for _ in range(3)]
        refused = register(client)

    assert statuses == [201, 201, 429]
    assert refused["Retry-After"]
    assert refused["RateLimit"].startswith('"minute";r=0')
    assert Registration.objects.count() == 2


def test_a_failure_at_the_end_leaves_nothing(client, monkeypatch):
    def fail(**_):
        raise RuntimeError

    monkeypatch.setattr(Review.objects, "create", fail)
    client.raise_request_exception = False

    assert register(client).status_code == 500
    assert not Registration.objects.exists()
    assert not Client.objects.exists()
    assert not Credential.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_registrations_of_one_name_at_once_are_all_whole(client):
    statuses = at_once(4, lambda: register(type(client)()).status_code)

    assert statuses == [201] * 4
    assert Registration.objects.count() == 4
    assert Client.objects.count() == Credential.objects.count() == 12


def test_json_of_the_answer_has_no_other_secret(client):
    made = register(client)

    others = Credential.objects.exclude(client__client_id=made.json()["client_id"])
    assert json.loads(made.content)["client_secret"]
    assert all(other.digest not in made.content.decode() for other in others)
