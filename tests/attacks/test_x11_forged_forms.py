"""X-11: a form that was written by hand shares nothing that its page did not show."""

from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import add_service, household
from tests.factories.consent import ask

pytestmark = pytest.mark.spec("X-11")

USAGE = {"type": "usage_data", "start": "-1mo", "end": "+1mo"}
MONTH = timedelta(days=33)  # and the rest of its days


def forged(form: PostedForm, name: str, value: str) -> None:
    form.data[name] = [*form.data.get(name, []), value] if name.startswith("contract-") else [value]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contract-usage_data", "{foreign}"),
        ("contract-usage_data", "{unasked}"),
        ("contract-usage_data", "{foreign_number}"),
        ("contract-usage_data", "all"),
        ("contract-usage_data", "\x00"),
        ("contract-bill_data", "{own}"),
        ("share-bill_data", "on"),
        ("share-customer_supply_history", "on"),
        ("start-usage_data", "2001-01-01"),
        ("end-usage_data", "2099-01-01"),
        ("later-usage_data", "{account}"),
        ("future-usage_data", "{account}"),
        ("scope", "bill_data"),
        ("authorization_details", '[{{"type": "bill_data"}}]'),
        ("redirect_uri", "https://evil.example.com/"),
        ("client_id", "another"),
        ("user", "1"),
    ],
)
def test_a_forged_field_shares_nothing_more(home, browser, name, value):
    unasked, foreign = add_service(owner=home.owner, account=home.account), household()
    request = ask({**USAGE, "services": [home.contract.contract_number]}, user=home.owner)
    form = PostedForm.on(browser, browser.get(request.page))
    ids = {
        "own": home.contract.public_id,
        "unasked": unasked.contract.public_id,
        "foreign": foreign.contract.public_id,
        "foreign_number": foreign.contract.contract_number,
        "account": home.account.public_id,
    }
    forged(form, name, value.format(**ids))

    answer = form.press("decision", "approve")

    assert answer.status_code in {200, 303, 400, 403, 404}
    assert answer.get("Location", "https://app.example.com/callback").startswith(
        "https://app.example.com/callback"
    )
    for part in Grant.objects.get().parts.all() if answer.status_code == 303 else ():
        assert part.scope == "usage_data"
        assert set(part.contracts.all()) == {home.contract}
        assert not part.future_accounts.exists()
        assert clock.now() - MONTH <= part.window_start and part.window_end <= clock.now() + MONTH
    assert Grant.objects.count() == (answer.status_code == 303)
