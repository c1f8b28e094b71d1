"""A grant's history in words: asked, approved, changed, stopped, and by whom (X-20)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Actor, Change, ConsentRequest, Grant, GrantEvent
from consent.pages.receipts.changes import ThenAndNow, part_changes
from consent.pages.status_words import STATUS_WORDS
from consent.transitions import GrantStatus

_STEPS: dict[str, str | Promise] = {
    GrantStatus.REVOKED: gettext_lazy("Stopped"),
    GrantStatus.CLOSED: gettext_lazy("Ended by the company"),
    GrantStatus.EXPIRED: gettext_lazy("Ended as agreed"),
    GrantStatus.SUSPENDED: gettext_lazy("Paused"),
    GrantStatus.DISABLED: gettext_lazy("Ended by us"),
}
_CHANGES: dict[str, str | Promise] = {
    Change.NARROWED: gettext_lazy("Changed: less is shared"),
    Change.OWNER_STOPPED: gettext_lazy("Changed: an owner took out what they own"),
    Change.OWNER_LEFT: gettext_lazy(
        "Changed: an account was taken out because whoever shared it no longer owns it"
    ),
    Change.GIVEN_UP: gettext_lazy("Changed: the company gave up some of it"),
    Change.REQUESTED: gettext_lazy("The company wants more than it may read"),
    Change.WIDENED: gettext_lazy("Agreed anew"),
    Change.REVIEWED: gettext_lazy("Looked at what the company wants"),
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One step; `at` in UTC, the rest in words. `changes` say from what to what, where less is shared since."""

    at: datetime
    when: str
    what: str
    changes: tuple[ThenAndNow, ...] = ()


def timeline(grant: Grant, *, viewer: User | None) -> tuple[TimelineEntry, ...]:
    """Every step of `grant`, oldest first. `viewer` reads "you" where it was them.

    Three queries, two where the grant's receipts are loaded.
    """
    entries = []
    receipts = sorted(grant.receipts.all(), key=lambda receipt: receipt.created)
    # a change and the receipt that it wrote have one moment
    changes = {now.created: tuple(part_changes(then, now)) for then, now in pairwise(receipts)}
    request = ConsentRequest.objects.filter(grant=grant).first()
    if request is not None:
        requested = _("%(company)s asked") % {"company": grant.client.name}
        entries.append(TimelineEntry(request.created, moment_in_words(request.created), requested))
    for event in grant.events.select_related("by").all():
        entries.append(
            TimelineEntry(
                event.at,
                moment_in_words(event.at),
                step_in_words(event, viewer=viewer),
                changes.get(event.at, ()) if event.from_status == event.to_status else (),
            )
        )
    return tuple(entries)


def step_in_words(event: GrantEvent, *, viewer: User | None) -> str:
    """What happened to a grant, by whom, and the reason if one was written for the customer."""
    what = ", ".join(filter(None, (_step(event), _actor(event, viewer))))
    if event.public_reason:
        reason = _("Reason: %(reason)s") % {"reason": event.public_reason}
        what = f"{what}. {reason}"
    return what


def _step(event: GrantEvent) -> str:
    if not event.from_status:
        return _("Approved")
    if event.from_status == event.to_status:
        return str(_CHANGES.get(event.change, _CHANGES[Change.NARROWED]))
    if event.change in (Change.REQUESTED, Change.WIDENED, Change.REVIEWED):
        return str(_CHANGES[event.change])
    if event.change == Change.OWNER_LEFT:
        return _("Stopped: whoever shared it no longer owns the account")
    if (event.from_status, event.to_status) == (GrantStatus.SUSPENDED, GrantStatus.ACTIVE):
        return _("Sharing again")
    return str(_STEPS.get(event.to_status) or STATUS_WORDS[GrantStatus(event.to_status)].words)


def _actor(event: GrantEvent, viewer: User | None) -> str:
    if event.actor == Actor.LINK:
        return _("through the link of the receipt")
    if event.actor == Actor.STAFF:
        return _("by the utility")
    if event.by is None:
        return ""
    if viewer is not None and event.by_id == viewer.pk:
        return _("by you")
    return _("by %(name)s") % {"name": event.by}
