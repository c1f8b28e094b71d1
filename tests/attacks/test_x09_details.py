"""X-09: no malformed details reach a page, and none breaks an endpoint."""

import json

import pytest

from consent.models import ConsentRequest

pytestmark = pytest.mark.spec("X-09")

GOOD = {"type": "usage_data", "start": "-1y", "end": "now", "services": "all"}
WRONG_FIELDS = [
    *(
        {"type": value}
        for value in (None, 1, True, [], {}, "", " usage_data", "USAGE_DATA", "usage_data\x00")
    ),
    *({"start": value} for value in (1, True, [], {}, "", "soon", "-1", "-99999999y", "2026-02-30", "\x00")),
    *({"end": value} for value in (1, False, [], "never", "+", "9999-99-99", "1e9", "infinity")),
    *({"services": value} for value in (1, True, {}, "", "some", [1], [None], [["a"]], [""], ["a\x00"])),
    *(
        {name: "x"}
        for name in ("Type", "__proto__", "$where", "services[]", "customer", "locations", "\u0430")
    ),
]
TEXTS = [
    "", "null", "true", "0", '"usage_data"', "{}", "[]", "[null]", "[1]", "[[]]", '["usage_data"]', "[{}]", "nonsense",
    '[{"type": "usage_data", "type": "bill_data", "services": "all"}]',
    '[{"type": "usage_data", "services": NaN}]', '[{"type": "usage_data", "services": Infinity}]',
    '[{"type": "usage_data", "services": 1e999999999}]', '[{"type": "usage_data", "services": "all"}] x',
    '[{"type": "usage_data", "services": "all",}]', "[{'type': 'usage_data'}]", '\ufeff[{"type": "nothing"}]',
    '[{"type": "usage_data", "services": "\\ud800"}]',
]  # fmt: skip
BOMBS = ["[" * 3000, '[{"a":' * 1500, "[" * 3000 + "]" * 3000, '[{"type":' + "9" * 5000 + "}]"]


@pytest.mark.parametrize("text", [*TEXTS, *(json.dumps([{**GOOD, **wrong}]) for wrong in WRONG_FIELDS)])
def test_nothing_malformed_is_shown_to_anybody(third_party, text):
    pushed = third_party.push(authorization_details=text)

    assert pushed.status_code == 400
    assert pushed.json()["error"] in {"invalid_authorization_details", "invalid_request"}
    assert not ConsentRequest.objects.exists()


@pytest.mark.parametrize("bomb", BOMBS, ids=["open", "objects", "closed", "digits"])
def test_a_bomb_of_brackets_is_refused_at_every_door(third_party, shared, bomb):
    tokens = third_party.tokens_for(shared)
    answers = [
        third_party.push(authorization_details=bomb),
        third_party.refresh(tokens["refresh_token"], authorization_details=bomb),
        third_party.exchange(third_party.code_for(shared), authorization_details=bomb),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert answers[1].json()["error"] == "invalid_authorization_details"
    assert third_party.refresh(tokens["refresh_token"]).status_code == 200
