"""Mail about logins: no page waits for the mail server, and a lost server loses none.

That a page answers as fast for an unknown address as for a known one also keeps addresses secret.
"""

import json
from datetime import datetime, timedelta
from uuid import uuid4

from accounts.mail.queue import SEAL, enqueue
from accounts.models import OutgoingMail
from cdsc_portal.lib.secrets.sealed import seal

_LIFE = timedelta(days=3)  # a link or code is dead by then


def write_sign_in_mail(*, to: str, subject: str, text: str, html: str = "", at: datetime) -> None:
    """Store a mail that goes out after the commit. It may hold a code or a link, so what it says is sealed (X-18)."""
    content = json.dumps({"subject": " ".join(subject.split()), "text": text.strip() + "\n", "html": html})
    mail = OutgoingMail(
        kind="sign_in",
        dedup_key=f"sign_in:{uuid4()}",
        to=to,
        sealed=seal(content, purpose=SEAL),
        opens_login=True,
        created=at,
        next_attempt=at,
        until=at + _LIFE,
    )
    enqueue([mail])
