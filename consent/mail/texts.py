"""What each mail about a grant says. Called in its reader's language; plain sentences, no readings, no numbers."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from consent.models import Change, Grant, Receipt, RecordedConsent
from consent.periods import PartPeriod
from consent.wording import recorded_in_words


class Notice(Enum):
    """Kinds of mail about a grant; the value is the row's kind."""

    APPROVED = "approved"
    SHARED = "shared"
    CHANGED = "changed"
    STOPPED = "stopped"
    CLOSED = "closed"
    PAUSED = "paused"
    RESUMED = "resumed"
    ENDED = "ended"
    ENDS_IN_30_DAYS = "ends_in_30_days"
    ENDS_IN_7_DAYS = "ends_in_7_days"


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a mail says about; `giver` is who agreed, as the other owners know them, `periods` those of the parts by
    scope id.

    `by` caused it (None: the system, the company, staff, or whoever holds the receipt's link); `change` is one of
    Change or empty; `public_reason` was written for the customer; `recorded` where staff wrote the consent down.
    """

    grant: Grant
    receipt: Receipt
    client: str
    giver: str
    periods: tuple[tuple[str, PartPeriod], ...]
    commodities: tuple[str, ...]
    over: bool
    at: datetime
    by: User | None = None
    change: str = ""
    public_reason: str = ""
    recorded: RecordedConsent | None = None


# subject, opening and closing; a few openings depend on who caused it
_TEXTS: dict[Notice, tuple[Promise, Promise, Promise | str]] = {
    Notice.APPROVED: (
        gettext_lazy("You are sharing data with %(company)s: receipt %(number)s"),
        gettext_lazy("You agreed to share data about your energy service with %(company)s."),
        gettext_lazy("You can stop at any time."),
    ),
    Notice.SHARED: (
        gettext_lazy("%(person)s shared data from your account"),
        gettext_lazy("%(person)s agreed to share data from your account with %(company)s."),
        gettext_lazy("You own this account too, so you can see it and stop it."),
    ),
    Notice.CHANGED: (
        gettext_lazy("What you share with %(company)s changed"),
        gettext_lazy("%(company)s can now read less than before."),
        gettext_lazy("This is what is still shared:"),
    ),
    Notice.STOPPED: (
        gettext_lazy("%(company)s can no longer read your data"),
        gettext_lazy("Sharing with %(company)s was stopped. From now on they get nothing from us."),
        gettext_lazy(
            "They keep what they collected before. Ask them to delete it, and whether their service to you "
            "changes. Your supply and your bills do not change."
        ),
    ),
    Notice.CLOSED: (
        gettext_lazy("%(company)s ended its access"),
        gettext_lazy("%(company)s gave up its access to your data. From now on they get nothing from us."),
        "",
    ),
    Notice.PAUSED: (
        gettext_lazy("Sharing with %(company)s is paused"),
        gettext_lazy("We paused it. Until we resume it, %(company)s gets nothing from us."),
        gettext_lazy("You need not do anything. You can also stop it for good."),
    ),
    Notice.RESUMED: (
        gettext_lazy("Sharing with %(company)s goes on"),
        gettext_lazy("We paused it and now let it go on. %(company)s can read your data again."),
        gettext_lazy("You need not do anything. You can stop it at any time."),
    ),
    Notice.ENDED: (
        gettext_lazy("Sharing with %(company)s ended"),
        gettext_lazy("The time you agreed to is over. From now on they get nothing from us."),
        gettext_lazy("They keep what they collected before; you can ask them to delete it."),
    ),
}
_TEXTS[Notice.ENDS_IN_30_DAYS] = _TEXTS[Notice.ENDS_IN_7_DAYS] = (
    gettext_lazy("Sharing with %(company)s ends on %(day)s"),
    gettext_lazy("Nothing to do: after %(day)s, %(company)s gets nothing more from us."),
    gettext_lazy("If you want to go on sharing, %(company)s can ask you again."),
)

# what the others do without one; the event of a recorded consent has it in the language of its customer
_WITH_A_REASON = frozenset({Notice.STOPPED, Notice.PAUSED, Notice.RESUMED})


def subject_and_paragraphs(notice: Notice, facts: NoticeFacts, reader: User) -> tuple[str, tuple[str, ...]]:
    """The words of `notice` for `reader`, in the language that is active."""
    doer = "" if facts.by is None or facts.by.pk == reader.pk else " ".join(str(facts.by).split())
    ends = facts.grant.access_ends
    words = {
        "company": facts.client,
        "number": facts.receipt.number,
        "giver": facts.giver,
        "person": doer or facts.giver,
        "reason": " ".join(facts.public_reason.split()),
        "day": day_in_words(last_day(ends)) if ends else "",
    }
    subject, opening, closing = (str(text) for text in _TEXTS[notice])
    if notice is Notice.STOPPED and facts.change == Change.OWNER_LEFT:
        opening = _(
            "%(giver)s no longer owns the account that was shared with %(company)s, so we stopped it. From now on "
            "they get nothing from us."
        )
    elif notice is Notice.STOPPED and doer:
        opening = _("%(person)s stopped sharing with %(company)s. From now on they get nothing from us.")
    elif notice is Notice.CHANGED and facts.change == Change.OWNER_LEFT:
        opening = _("%(giver)s no longer owns an account that was shared with %(company)s. We took it out.")
    elif notice is Notice.CHANGED and facts.change == Change.OWNER_STOPPED and doer:
        opening = _("%(person)s took what they own out of what is shared with %(company)s.")
    elif notice is Notice.CHANGED and facts.change == Change.OWNER_STOPPED:
        opening = _("You took what you own out of what %(giver)s shares with %(company)s.")
    elif notice is Notice.CHANGED and facts.change == Change.GIVEN_UP:
        opening = _("%(company)s gave up some of its access. It can now read less than before.")
    elif notice is Notice.CHANGED and doer:
        opening = _("%(person)s changed what is shared with %(company)s. It is less than before.")

    paragraphs = [opening % words]
    if facts.recorded is not None:  # that staff wrote it down, and what to do if that is wrong (P-23)
        cannot_read_yet = _(
            "%(company)s cannot read the data yet. It can when you open its own request in your browser and "
            "share there."
        )
        paragraphs += [
            recorded_in_words(facts.recorded.how, facts.recorded.given_at),
            cannot_read_yet % words,
            _("If this is not what was agreed, stop it and tell us."),
        ]
    if facts.public_reason and notice in _WITH_A_REASON:
        paragraphs.append(_("Reason: %(reason)s") % words)
    if closing:
        paragraphs.append(closing % words)
    return subject % words, tuple(paragraphs)
