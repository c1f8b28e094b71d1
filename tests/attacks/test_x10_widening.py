"""X-10: no wording of a refresh makes a token open more than was granted."""

import json

import pytest

pytestmark = pytest.mark.spec("X-10")


@pytest.mark.parametrize(
    "more",
    [
        *(
            {"scope": scope}
            for scope in (
                "bill_data", "usage_data bill_data", "usage_data  bill_data", "bill_data usage_data", "all", "*",
                "USAGE_DATA", "usage_data\tbill_data", "usage_data,bill_data", "customer_usage_data bill_data",
                "usage_data\x00bill_data", "bill_statements usage_data",
            )
        ),
        *(
            {"authorization_details": json.dumps(details)}
            for details in (
                [{"type": "bill_data", "services": "all"}],
                [{"type": "usage_data", "services": "all"}],
                [{"type": "usage_data", "services": ["1234567-1", "7654321-1"]}],
                [{"type": "usage_data", "services": ["1234567-1"], "start": "-3y"}],
                [{"type": "usage_data", "services": ["1234567-1"]}, {"type": "bill_data", "services": "all"}],
            )
        ),
    ],
)  # fmt: skip
def test_no_refresh_and_no_exchange_opens_more(third_party, shared, reads, more):
    tokens = third_party.tokens_for(shared)
    answers = [
        third_party.refresh(tokens["refresh_token"], **more),
        third_party.exchange(third_party.code_for(shared), **more),
    ]

    for answer in answers:
        token = answer.json()
        assert answer.status_code == 400 or token["scope"] == "usage_data"
        assert (
            token.get("authorization_details", shared.authorization_details) == shared.authorization_details
        )
        if answer.status_code == 200:
            assert reads(token["access_token"], "/bill_data") == 403
    assert reads(tokens["access_token"], "/bill_data") == 403
