"""X-05: no other way to a token than a code."""

import pytest

from consent.models import AccessToken, ConsentRequest
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.spec("X-05")


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"response_type": response_type}
            for response_type in (
                "token", "id_token", "none", "code token", "token code", "code id_token", "id_token token",
                "code id_token token", "CODE",
            )
        ),
        *({"response_mode": mode} for mode in ("fragment", "form_post", "web_message", "jwt")),
    ],
)  # fmt: skip
def test_no_other_answer_is_given_whether_sent_or_pushed(third_party, change):
    sent, pushed = third_party.ask(**change), third_party.push(**change)

    assert pushed.status_code == 400
    assert "#" not in sent.get("Location", "") and "error=" in sent.get("Location", "error=")
    assert not ConsentRequest.objects.exists()


@pytest.mark.parametrize(
    "grant_type",
    [
        "password", "client_credentials", "implicit", "", "Authorization_Code", "authorization_code refresh_token",
        "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
    ],
)  # fmt: skip
def test_a_persons_own_password_gets_a_client_no_token(third_party, home, grant_type):
    refused = third_party.post(
        "/oauth/token/",
        {
            "grant_type": grant_type,
            "username": home.owner.email,
            "password": PASSWORD,
            "assertion": "e30.e30.",
            "scope": "usage_data",
        },
    )

    assert refused.status_code == 400
    assert not AccessToken.objects.exists()
