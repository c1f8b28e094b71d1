"""Mail about logins: no page waits for the mail server, and a lost server loses none.

That a page answers as fast for an unknown address as for a known one also keeps addresses secret.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from accounts.mail.queue import Content, enqueue, seal_words
from accounts.models import OutgoingMail

_LIFE = timedelta(days=3)  # a link or code is dead by then


def write_sign_in_mail(*, to: str, subject: str, text: str, html: str = "", at: datetime) -> None:
    """Store a mail that goes out after the commit. Its row goes with it, subject and all."""
    mail = OutgoingMail(
        kind="sign_in",
        dedup_key=f"sign_in:{uuid4()}",
        to=to,
        opens_login=True,
        created=at,
        next_attempt=at,
        until=at + _LIFE,
    )
    seal_words(mail, Content(" ".join(subject.split()), text.strip() + "\n", html))
    enqueue([mail])
