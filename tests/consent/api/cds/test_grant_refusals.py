"""PATCH of a grant with values that cannot be, and of a grant that has ended (CDS-WG1-02 8.6)."""

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Actor
from consent.services.revoke import revoke_grant
from tests.consent.api.cds.grant_steps import patch, uri

pytestmark = pytest.mark.django_db


@pytest.mark.spec("R-161")
@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"scope": ""}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": ["usage_data"]}, "invalid_scope"),
        ({"scope": "usage_data nothing"}, "invalid_scope"),
        ({"scope": "usage_data bill_statements"}, "invalid_scope"),
        ({"scope": "bill_statements"}, "invalid_scope"),
        ({"authorization_details": [{"type": "bill_statements"}]}, "invalid_scope"),
        (
            {"authorization_details": [{"type": "bill_statements", "end": "+1y"}]},
            "invalid_authorization_details",
        ),
        ({"authorization_details": {}}, "invalid_authorization_details"),
        (
            {
                "authorization_details": [
                    {"type": "usage_data", "end": "+2y", "resolution": "daily"},
                    {"type": "x"},
                ]
            },
            "invalid_authorization_details",
        ),
        ({"authorization_details": None}, "invalid_authorization_details"),
        ({"authorization_details": []}, "invalid_request"),
        ({"authorization_details": [1]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": 1}]}, "invalid_authorization_details"),
        (
            {"authorization_details": [{"type": "usage_data"}, {"type": "usage_data"}]},
            "invalid_authorization_details",
        ),
        ({"authorization_details": [{"type": "usage_data", "color": 1}]}, "invalid_authorization_details"),
        (
            {"authorization_details": [{"type": "usage_data", "start": "soon"}]},
            "invalid_authorization_details",
        ),
        ({"authorization_details": [{"type": "usage_data", "start": 5}]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": "usage_data", "end": "-5y"}]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": "usage_data", "end": "+50y"}]}, "invalid_authorization_details"),
        ({"authorization_details": [{"type": "usage_data", "services": 1}]}, "invalid_authorization_details"),
        (
            {"authorization_details": [{"type": "usage_data", "services": [1]}]},
            "invalid_authorization_details",
        ),
        ({"authorization_details": [{"type": "usage_data", "services": []}]}, "invalid_request"),
        (
            {"authorization_details": [{"type": "usage_data", "resolution": "weekly"}]},
            "invalid_authorization_details",
        ),
        (
            {"authorization_details": [{"type": "usage_data", "resolution": {}}]},
            "invalid_authorization_details",
        ),
        (
            {"authorization_details": [{"type": "bill_data", "resolution": "daily"}]},
            "invalid_authorization_details",
        ),
        ({"authorization_details": [{"type": "usage_data", "meters": "x"}]}, "invalid_authorization_details"),
        (
            {"authorization_details": [{"type": "usage_data", "services_added_later": 1}]},
            "invalid_authorization_details",
        ),
    ],
)
def test_values_that_cannot_be_are_refused_by_name_and_nothing_changes(party, grant, members, error):
    before = party.get(uri(grant)).json()

    answer = patch(party, grant, **members)

    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.content
    named = "scope" if error == "invalid_scope" else next(iter(members))
    assert named in answer.json()["error_description"] or error == "invalid_request"
    assert party.get(uri(grant)).json() == before


@pytest.mark.parametrize("members", [{"status": "closed"}, {"scope": "usage_data"}])
def test_what_has_ended_does_not_change(party, grant, members):
    revoke_grant(grant=grant, by=grant.user, actor=Actor.CUSTOMER, at=clock.now())

    answer = patch(party, grant, **members)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert party.get(uri(grant)).json()["status"] == "revoked"
