"""The walk through the demo: what to do and the commands, which a test pastes as they stand."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it does, its command for bash, and what comes of it."""

    id: str
    title: str | Promise
    text: str | Promise
    command: str
    result: str | Promise


STEPS = (
    Step(
        "start",
        _("Start the demo"),
        _(
            "In a copy of the project, with Python 3.11 and make. It serves an invented utility with its customers "
            "and one registered company. Leave it running, and paste the rest into a second terminal in the same "
            "folder."
        ),
        "make demo",
        _("It prints the addresses and the logins, and writes both to var/demo.json."),
    ),
    Step(
        "register",
        _("Take the place of a registered company"),
        _(
            "The demo's company stands in for yours. On a real server staff of the utility register you: your name, "
            "your purpose, the addresses you return to and what you may ask for."
        ),
        """\
eval "$(python3 - <<'END'
import json, shlex
demo = json.load(open("var/demo.json"))
client = demo["clients"][0]
values = {"BASE": demo["base_url"], "CLIENT_ID": client["client_id"],
          "CLIENT_SECRET": client["client_secret"], "REDIRECT_URI": client["redirect_uri"]}
for name, value in values.items():
    print(f"{name}={shlex.quote(value)}")
END
)"
echo "$CLIENT_ID at $BASE" """.rstrip(),
        _("It prints the client's id and the server's address."),
    ),
    Step(
        "discover",
        _("Read what the server supports"),
        _(
            "Every address and every kind of data is in one document (RFC 8414). Read it instead of writing "
            "addresses into your code."
        ),
        """\
curl -sS "$BASE/.well-known/oauth-authorization-server" | python3 -m json.tool""",
        _("It prints the document."),
    ),
    Step(
        "ask",
        _("Ask for a year of readings"),
        _(
            "The request is pushed to the server (RFC 9126) with PKCE, so that nothing in the browser's address can "
            "be changed on the way."
        ),
        """\
VERIFIER=$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')
CHALLENGE=$(python3 -c 'import base64, hashlib, sys
digest = hashlib.sha256(sys.argv[1].encode()).digest()
print(base64.urlsafe_b64encode(digest).rstrip(b"=").decode())' "$VERIFIER")
PUSHED=$(curl -sS -u "$CLIENT_ID:$CLIENT_SECRET" "$BASE/oauth/par/" \\
  -d response_type=code -d state=sandbox -d code_challenge_method=S256 -d "code_challenge=$CHALLENGE" \\
  --data-urlencode "redirect_uri=$REDIRECT_URI" \\
  --data-urlencode 'authorization_details=[{"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}]')
REQUEST_URI=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["request_uri"])' "$PUSHED")
echo "Open $BASE/oauth/authorize/?client_id=$CLIENT_ID&request_uri=$REQUEST_URI" """.rstrip(),
        _("It prints the address for the customer's browser."),
    ),
    Step(
        "approve",
        _("Decide as the customer"),
        _(
            "Open the printed address, log in as the first customer of var/demo.json, and choose what to share. The "
            "browser ends at the demo company's page, which says that it did not ask; the address of that page is "
            "what you need. The code in it lives for one minute."
        ),
        """\
read -r -p "Paste the address that the browser ended at: " RETURNED""",
        _("It waits for the address."),
    ),
    Step(
        "token",
        _("Exchange the code for a token"),
        _("The answer says what was granted. It can be less than you asked for: read it, do not assume it."),
        """\
CODE=$(python3 -c 'import sys
from urllib.parse import parse_qs, urlsplit
print(parse_qs(urlsplit(sys.argv[1]).query)["code"][0])' "$RETURNED")
ANSWER=$(curl -sS -u "$CLIENT_ID:$CLIENT_SECRET" "$BASE/oauth/token/" \\
  -d grant_type=authorization_code -d "code=$CODE" -d "code_verifier=$VERIFIER" \\
  --data-urlencode "redirect_uri=$REDIRECT_URI")
TOKEN=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["access_token"])' "$ANSWER")
python3 -c 'import json, sys
print(json.dumps(json.loads(sys.argv[1])["authorization_details"], indent=2))' "$ANSWER\"""",
        _("It prints the details as granted, with dates that no longer move."),
    ),
    Step(
        "fetch",
        _("Fetch what was approved"),
        _("Here as sums by month. Readings come from /usage_data, whole files from /usage_data/file."),
        """\
curl -sS -H "Authorization: Bearer $TOKEN" -H "Accept: text/csv" "$BASE/usage_sums?by=month&start=-3mo\"""",
        _("It prints one line a month and meter. The customer sees this call under Sharing."),
    ),
    Step(
        "stop",
        _("Stop, and be refused"),
        _(
            "As the customer: open Sharing, choose Stop sharing, and confirm. Then press Enter in the terminal."
        ),
        """\
read -r -p "Press Enter when sharing has been stopped." STOPPED
curl -sS -i -H "Authorization: Bearer $TOKEN" "$BASE/usage_sums?by=month\"""",
        _("It prints status 401: the next call after the stop is refused, whatever the token's age."),
    ),
)
