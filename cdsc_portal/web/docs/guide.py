"""From nothing but an address to data of a test customer, in ten commands that a test runs as they stand."""

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdsc_portal.web.docs.sandbox import Step


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of code in a language, to read and take over."""

    language: str
    code: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What a program does after its first answer, in each language. The ids are anchors."""

    id: str
    title: str | Promise
    text: str | Promise
    samples: tuple[Sample, ...]


TOPICS = (
    Topic(
        "scope",
        _("What plain scope gives"),
        _(
            "A request with scope alone, without authorization_details, asks for all that is on record until now, "
            "once: there is no refresh token. Name start, end and services to ask for more or for less. The answer has "
            "scope and details as granted, so a library must not insist on the scope that it asked for."
        ),
        (
            Sample("curl", "curl ... -d scope=usage_data   # once, everything on record"),
            Sample(
                "Python",
                """\
import os
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"   # before requests-oauthlib: a narrower scope is no error
from requests_oauthlib import OAuth2Session""",
            ),
            Sample(
                "JavaScript",
                """\
const granted = (await answer.json()).scope.split(" ");   // read it, do not compare it""",
            ),
        ),
    ),
    Topic(
        "csv",
        _("Reading CSV"),
        _("Lines that begin with # say window, zone and services; they are not data."),
        (
            Sample(
                "curl",
                """curl -sS "$BASE/usage_data" -H 'Accept: text/csv' -H "Authorization: Bearer $TOKEN\"""",
            ),
            Sample(
                "Python",
                """\
import io, pandas, requests
answer = requests.get(f"{base}/usage_data", headers={"Authorization": f"Bearer {token}", "Accept": "text/csv"})
readings = pandas.read_csv(io.StringIO(answer.text), comment="#")""",
            ),
            Sample(
                "JavaScript",
                """\
const headers = {Authorization: `Bearer ${token}`, Accept: "text/csv"};
const text = await (await fetch(`${base}/usage_data`, {headers})).text();
const rows = text.split("\\n").filter(line => line && !line.startsWith("#"));""",
            ),
        ),
    ),
    Topic(
        "refresh",
        _("Refreshing a token"),
        _(
            "A grant that lasts has a refresh token. It works once and brings the next one: store that before you "
            "use it."
        ),
        (
            Sample(
                "curl",
                """\
curl -sS "$BASE/oauth/token/" -u "$CLIENT_ID:$SECRET" -d grant_type=refresh_token -d "refresh_token=$REFRESH\"""",
            ),
            Sample(
                "Python",
                """\
answer = requests.post(f"{base}/oauth/token/", auth=(client_id, secret),
                       data={"grant_type": "refresh_token", "refresh_token": refresh}).json()
token, refresh = answer["access_token"], answer["refresh_token"]""",
            ),
            Sample(
                "JavaScript",
                """\
const answer = await fetch(`${base}/oauth/token/`, {method: "POST",
  headers: {Authorization: "Basic " + btoa(`${clientId}:${secret}`)},
  body: new URLSearchParams({grant_type: "refresh_token", refresh_token: refresh})});""",
            ),
        ),
    ),
    Topic(
        "stop",
        _("Stopping"),
        _(
            "When a customer stops sharing, the next call is 401 invalid_token and a refresh is 400 invalid_grant: "
            "fetch nothing more. When you need the data no longer, give the tokens back."
        ),
        (
            Sample(
                "curl",
                """\
curl -sS "$BASE/oauth/revoke/" -u "$CLIENT_ID:$SECRET" -d "token=$REFRESH\"""",
            ),
            Sample(
                "Python",
                """\
requests.post(f"{base}/oauth/revoke/", auth=(client_id, secret), data={"token": refresh})
if requests.get(f"{base}/usage_data", headers={"Authorization": f"Bearer {token}"}).status_code == 401:
    ...  # the customer stopped, or the token is over""",
            ),
            Sample(
                "JavaScript",
                """\
await fetch(`${base}/oauth/revoke/`, {method: "POST",
  headers: {Authorization: "Basic " + btoa(`${clientId}:${secret}`)}, body: new URLSearchParams({token: refresh})});""",
            ),
        ),
    ),
)


STEPS = (
    Step(
        "server",
        _("Find the server"),
        _("The only address you need. The function reads one value out of an answer of JSON."),
        """\
BASE=BASE_URL
value() { sed -n "s/.*\\"$1\\": *\\"\\([^\\"]*\\)\\".*/\\1/p"; }
METADATA=$(curl -sS "$BASE/.well-known/cds-server-metadata.json" | value oauth_metadata); echo "$METADATA\"""",
        _("It prints the address of the authorization server’s document."),
    ),
    Step(
        "offers",
        _("Read what it offers"),
        _("Every address and every kind of data is in this document."),
        """\
OAUTH=$(curl -sS "$METADATA"); echo "$OAUTH" | value registration_endpoint""",
        _("It prints the address of the registration."),
    ),
    Step(
        "register",
        _("Register"),
        _(
            "Name the data that you want beside cds_client_admin. What else a server needs stands in its document "
            "under cds_registration_fields."
        ),
        """\
MADE=$(curl -sS "$(echo "$OAUTH" | value registration_endpoint)" -H 'Content-Type: application/json' \\
  -d '{"scope": "cds_client_admin usage_data", "client_name": "Guide App"}'); echo "$MADE" | value client_id""",
        _("It prints the id of your object for the APIs. Its secret is in the answer too."),
    ),
    Step(
        "admin",
        _("Get a token for the APIs"),
        _("It lives for an hour; ask for another the same way."),
        """\
ADMIN=$(curl -sS "$(echo "$OAUTH" | value token_endpoint)" \\
  -u "$(echo "$MADE" | value client_id):$(echo "$MADE" | value client_secret)" \\
  -d grant_type=client_credentials -d scope=cds_client_admin | value access_token); echo "${#ADMIN} characters\"""",
        _("It prints how long the token is."),
    ),
    Step(
        "object",
        _("Find the object that asks customers"),
        _("It is in the sandbox: nobody but test customers can be asked by it."),
        """\
CLIENT_ID=$(curl -sS "$(echo "$OAUTH" | value cds_clients_api)" -H "Authorization: Bearer $ADMIN" \\
  | tr '{' '\\n' | grep '"response_types":\\["code"\\]' | value client_id); echo "$CLIENT_ID\"""",
        _("It prints its id."),
    ),
    Step(
        "secret",
        _("Read its secret"),
        _("Secrets can be read again at any time, by this API alone."),
        """\
SECRET=$(curl -sS "$(echo "$OAUTH" | value cds_credentials_api)?client_ids=$CLIENT_ID" \\
  -H "Authorization: Bearer $ADMIN" | value client_secret); echo "${#SECRET} characters\"""",
        _("It prints how long the secret is."),
    ),
    Step(
        "ask",
        _("Ask for a year of readings"),
        _(
            "The request is pushed, with PKCE. A program makes a new verifier for each request; this one is the "
            "example of RFC 7636."
        ),
        """\
REQUEST_URI=$(curl -sS "$(echo "$OAUTH" | value pushed_authorization_request_endpoint)" -u "$CLIENT_ID:$SECRET" \\
  -d response_type=code -d code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM -d code_challenge_method=S256 \\
  --data-urlencode 'authorization_details=[{"type": "usage_data", "start": "-1y", "services": "all"}]' \\
  | value request_uri); echo "$REQUEST_URI\"""",
        _("It prints the name of the request."),
    ),
    Step(
        "approve",
        _("Decide as a test customer"),
        _(
            "In the sandbox one call stands for login and form. In production you send the customer’s browser to "
            "the authorization_endpoint with client_id and request_uri."
        ),
        """\
CODE=$(curl -sS "$BASE/cds/sandbox/decisions" -H "Authorization: Bearer $ADMIN" -H 'Content-Type: application/json' \\
  -d "{\\"client_id\\": \\"$CLIENT_ID\\", \\"request_uri\\": \\"$REQUEST_URI\\", \\"decision\\": \\"approve\\"}" \\
  | value redirect_uri | sed 's/.*[?&]code=\\([^&]*\\).*/\\1/'); echo "${#CODE} characters\"""",
        _("It prints how long the code is, which lives for a minute."),
    ),
    Step(
        "token",
        _("Exchange the code"),
        _("The answer says what was granted. It can be less than you asked for: read it, do not assume it."),
        """\
TOKENS=$(curl -sS "$(echo "$OAUTH" | value token_endpoint)" -u "$CLIENT_ID:$SECRET" \\
  -d grant_type=authorization_code -d "code=$CODE" \\
  -d code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk); echo "$TOKENS" | value scope""",
        _("It prints the scope."),
    ),
    Step(
        "fetch",
        _("Fetch the data"),
        _("Here as sums by month. Readings come from /usage_data, whole files from /usage_data/file."),
        """\
curl -sS "$BASE/usage_sums?by=month&start=-3mo" -H 'Accept: text/csv' \\
  -H "Authorization: Bearer $(echo "$TOKENS" | value access_token)\"""",
        _("It prints one line a month and meter of the test customer."),
    ),
)


def steps(base_url: str) -> tuple[Step, ...]:
    """The ten commands for the server at `base_url`; for PKCE they have the pair of RFC 7636, good for trying alone."""
    first, *rest = STEPS
    return (replace(first, command=first.command.replace("BASE_URL", base_url)), *rest)
