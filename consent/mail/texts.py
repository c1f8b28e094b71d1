"""What each mail about a grant says. Called in its reader's language; plain sentences, no readings, no numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.utils.translation import gettext as _

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from consent.models import Change, Grant, GrantPart, Receipt, RecordedConsent
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
class News:
    """What a mail says about; `giver` is who agreed, as the other owners know them.

    `by` caused it (None: the system, the company, staff, or whoever holds the receipt's link); `change` is one of
    Change or empty; `public_reason` was written for the customer; `recorded` where staff wrote the consent down.
    """

    grant: Grant
    receipt: Receipt
    client: str
    giver: str
    parts: tuple[GrantPart, ...]
    commodities: tuple[str, ...]
    over: bool
    at: datetime
    by: User | None = None
    change: str = ""
    public_reason: str = ""
    recorded: RecordedConsent | None = None

    def doer(self, reader: User) -> str:
        """The name of who caused it, where that is another person than the reader."""
        return "" if self.by is None or self.by.pk == reader.pk else " ".join(str(self.by).split())


@dataclass(frozen=True, slots=True)
class Said:
    """Subject and paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


def said(notice: Notice, news: News, reader: User) -> Said:
    """The words of `notice` for `reader`, in the language that is active."""
    return _WORDS[notice](news, reader)


def _approved(news: News, reader: User) -> Said:
    words = {"company": news.client, "number": news.receipt.number}
    return Said(
        _("You are sharing data with %(company)s: receipt %(number)s") % words,
        (
            _("You agreed to share data about your energy service with %(company)s.") % words,
            *_recorded(news),
            _("You can stop at any time."),
        ),
    )


def _shared(news: News, reader: User) -> Said:
    words = {"person": news.giver, "company": news.client}
    return Said(
        _("%(person)s shared data from your account") % words,
        (
            _("%(person)s agreed to share data from your account with %(company)s.") % words,
            *_recorded(news),
            _("You own this account too, so you can see it and stop it."),
        ),
    )


def _recorded(news: News) -> tuple[str, ...]:
    """That staff wrote it down, and what to do if that is wrong (P-23)."""
    if news.recorded is None:
        return ()
    return (
        recorded_in_words(news.recorded.how, news.recorded.given_at),
        _(
            "%(company)s cannot read the data yet. It can when you open its own request in your browser and "
            "share there."
        )
        % {"company": news.client},
        _("If this is not what was agreed, stop it and tell us."),
    )


def _changed(news: News, reader: User) -> Said:
    words = {"company": news.client, "person": news.doer(reader), "giver": news.giver}
    first = _("%(company)s can now read less than before.")
    if news.change == Change.OWNER_LEFT:
        first = _("%(giver)s no longer owns an account that was shared with %(company)s. We took it out.")
    elif news.change == Change.OWNER_STOPPED and words["person"]:
        first = _("%(person)s took what they own out of what is shared with %(company)s.")
    elif news.change == Change.OWNER_STOPPED:
        first = _("You took what you own out of what %(giver)s shares with %(company)s.")
    elif words["person"]:
        first = _("%(person)s changed what is shared with %(company)s. It is less than before.")
    return Said(
        _("What you share with %(company)s changed") % words,
        (first % words, _("This is what is still shared:")),
    )


def _stopped(news: News, reader: User) -> Said:
    words = {"company": news.client, "person": news.doer(reader), "giver": news.giver}
    first = _("Sharing with %(company)s was stopped. From now on they get nothing from us.")
    if news.change == Change.OWNER_LEFT:
        first = _(
            "%(giver)s no longer owns the account that was shared with %(company)s, so we stopped it. From now on "
            "they get nothing from us."
        )
    elif words["person"]:
        first = _("%(person)s stopped sharing with %(company)s. From now on they get nothing from us.")
    keeps = _(
        "They keep what they collected before. Ask them to delete it, and whether their service to you "
        "changes. Your supply and your bills do not change."
    )
    return Said(
        _("%(company)s can no longer read your data") % words,
        (first % words, *_why(news), keeps),
    )


def _closed(news: News, reader: User) -> Said:
    words = {"company": news.client}
    return Said(
        _("%(company)s ended its access") % words,
        (_("%(company)s gave up its access to your data. From now on they get nothing from us.") % words,),
    )


def _paused(news: News, reader: User) -> Said:
    words = {"company": news.client}
    return Said(
        _("Sharing with %(company)s is paused") % words,
        (
            _("We paused it. Until we resume it, %(company)s gets nothing from us.") % words,
            *_why(news),
            _("You need not do anything. You can also stop it for good."),
        ),
    )


def _resumed(news: News, reader: User) -> Said:
    words = {"company": news.client}
    return Said(
        _("Sharing with %(company)s goes on") % words,
        (
            _("We paused it and now let it go on. %(company)s can read your data again.") % words,
            *_why(news),
            _("You need not do anything. You can stop it at any time."),
        ),
    )


def _ended(news: News, reader: User) -> Said:
    words = {"company": news.client}
    return Said(
        _("Sharing with %(company)s ended") % words,
        (
            _("The time you agreed to is over. From now on they get nothing from us."),
            _("They keep what they collected before; you can ask them to delete it."),
        ),
    )


def _ends_soon(news: News, reader: User) -> Said:
    assert news.grant.access_ends is not None  # what never ends is not told to end
    words = {"company": news.client, "day": day_in_words(last_day(news.grant.access_ends))}
    return Said(
        _("Sharing with %(company)s ends on %(day)s") % words,
        (
            _("Nothing to do: after %(day)s, %(company)s gets nothing more from us.") % words,
            _("If you want to go on sharing, %(company)s can ask you again.") % words,
        ),
    )


def _why(news: News) -> tuple[str, ...]:
    if not news.public_reason:
        return ()
    return (_("Reason: %(reason)s") % {"reason": " ".join(news.public_reason.split())},)


_WORDS: dict[Notice, Callable[[News, User], Said]] = {
    Notice.APPROVED: _approved,
    Notice.SHARED: _shared,
    Notice.CHANGED: _changed,
    Notice.STOPPED: _stopped,
    Notice.CLOSED: _closed,
    Notice.PAUSED: _paused,
    Notice.RESUMED: _resumed,
    Notice.ENDED: _ended,
    Notice.ENDS_IN_30_DAYS: _ends_soon,
    Notice.ENDS_IN_7_DAYS: _ends_soon,
}
