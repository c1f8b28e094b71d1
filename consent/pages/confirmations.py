"""What was just done to a sharing, said once on the page that follows: what, when, receipt, and what to do next."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cdsc_portal.lib.time.dates_in_words import moment_in_words, time_in_words
from consent.models import Grant

APPROVED, STOPPED, CHANGED = "approved", "stopped", "changed"
_KEY = "sharing_done"  # in the session


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`words` are ready to be sent to the company: to `address`, whose `mail` link has them, or in its own form at
    `site`. Each is empty where there is none.
    """

    done: str
    when: str
    receipt: str
    next_title: str
    next_text: str
    address: str = ""
    mail: str = ""
    site: str = ""
    words: str = ""


def note_done(request: HttpRequest, *, grant: Grant, what: str, at: datetime) -> None:
    """Keep for the page that follows what was done to `grant` at `at`."""
    request.session[_KEY] = [grant.public_id, what, time_in_words(at), moment_in_words(at)]


def take_confirmation(request: HttpRequest, grant: Grant) -> Confirmation | None:
    """What was just done to `grant`, once; None where nothing was. One query where something was."""
    public_id, what, time, moment = request.session.get(_KEY) or ("", "", "", "")
    if public_id != grant.public_id:
        return None
    del request.session[_KEY]
    receipt = grant.receipts.order_by("-created").values_list("number", flat=True).first() or ""
    if what == APPROVED:
        return approved(grant, receipt=receipt, time=time, moment=moment)
    return _less(grant, what, receipt=receipt, time=time, moment=moment)


def approved(grant: Grant, *, receipt: str, time: str, moment: str) -> Confirmation:
    """After an approval; `time` and `moment` in words."""
    names = {"company": grant.client.name, "time": time}
    return Confirmation(
        done=_("Approved at %(time)s. %(company)s can read what is listed here.") % names,
        when=moment,
        receipt=receipt,
        next_title=_("Go on at %(company)s") % names,
        next_text=_(
            "Its page leads you on. You have a receipt by e-mail. You can share less or stop at any time under "
            "“Sharing”."
        ),
        site=grant.client.confirmed_uri,
    )


def _less(grant: Grant, what: str, *, receipt: str, time: str, moment: str) -> Confirmation:
    names = {"company": grant.client.name, "time": time, "moment": moment, "receipt": receipt}
    if what == CHANGED:
        done = _("Changed at %(time)s. What is left is shown below.")
        words = _(
            "I share less of my energy data with you since %(moment)s (receipt %(receipt)s). Please delete what you "
            "collected and may not read any more, and tell me when it is done."
        )
    else:
        done = _("Stopped at %(time)s.")
        words = _(
            "I stopped sharing my energy data with you on %(moment)s (receipt %(receipt)s). Please delete what you "
            "collected, and tell me when it is done."
        )
    words, address = words % names, grant.client.contact_email
    subject = quote(_("Please delete my energy data"))
    return Confirmation(
        done=done % names,
        when=moment,
        receipt=receipt,
        next_title=_("Ask %(company)s to delete what it has") % names,
        next_text=_(
            "It keeps what it collected until it deletes that. Ask too whether its service to you changes."
        ),
        address=address,
        mail=f"mailto:{quote(address)}?subject={subject}&body={quote(words)}" if address else "",
        site=grant.client.confirmed_uri,
        words=words,
    )
