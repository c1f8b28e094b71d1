"""The demo's company: what arrived is drawn, who declines is told that it is fine; and its own login."""

import threading
from http.server import ThreadingHTTPServer

import pytest
import requests

from accounts.models import User
from demo.installation import prepare
from examples.company_site import ConnectPages, drawn, in_words
from examples.third_party import PendingRequest


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(ConnectPages, "pending", {"s1": PendingRequest("https://x.example.com", "s1", "v")})
    with ThreadingHTTPServer(("127.0.0.1", 0), ConnectPages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_who_declines_reads_that_nothing_was_shared_and_can_be_asked_once_only(site):
    declined = requests.get(f"{site}/callback?error=access_denied&state=s1", timeout=10)
    again = requests.get(f"{site}/callback?error=access_denied&state=s1", timeout=10)

    assert "You chose not to share" in declined.text
    assert again.status_code == 502
    assert "Connect my utility" in requests.get(site, timeout=10).text


def test_what_counts_of_each_channel_is_one_bar_a_month():
    def channel(direction, *values):
        periods = [{"period": f"2026-{n:02}", "counted": value} for n, value in enumerate(values, 1)]
        return {"direction": direction, "unit": "Wh", "periods": periods}

    drawing = drawn(
        [channel("import", "100000", "50000"), channel("import", "20000", None), channel("export", "9")]
    )

    assert "170 kWh in 2 months" in drawing
    assert ">120<" in drawing and ">50<" in drawing
    assert drawing.count("<rect") == 2


def test_what_was_kept_back_is_named():
    assert in_words(["usage_data"]) == "Meter readings. You kept back: Bills, Supplier and tariff."
    assert in_words(["usage_data", "bill_data", "supply_details"]).endswith("all that we asked for.")


@pytest.mark.django_db
def test_a_login_of_the_demo_is_a_contact_of_the_company(client, tmp_path):
    demo = prepare(tmp_path, port=8000, months=2)

    (contact,) = [user for user in demo.users if user["role"] == "contact"]
    client.force_login(User.objects.get(email=contact["email"]))

    assert demo.base_url == "http://localhost:8000"
    assert "Sunny Roofs (demo)" in client.get("/developer/").content.decode()
