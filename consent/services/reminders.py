"""Mail that no click causes: sharing that ends soon, and once a year who can read where no end was agreed.

Each task finds what is due in the database, and a mail's key names its occasion: two workers, a lost message or a run
that is late neither lose nor double one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.mail.queue import MailText
from accounts.mail.resend import writes_again
from accounts.models import OutgoingMail, User
from accounts.queries.roles import owned_contracts, owners_of
from consent.mail.grant_events import Notice, tell_of_coming_end
from consent.mail.personal import Letter, in_one_line, text_of, write_letter
from consent.models import Grant, Receipt, Selection
from consent.queries.visible_grants import open_at, visible_grants
from consent.services.each import for_each
from consent.transitions import OPEN
from consent.wording import until_in_words

_NEXT: dict[Notice, tuple[timedelta, timedelta]] = {  # told when so much is left, until the next is due
    Notice.ENDS_IN_30_DAYS: (timedelta(days=30), timedelta(days=7)),
    Notice.ENDS_IN_7_DAYS: (timedelta(days=7), timedelta(0)),
}
_LATE_AT_MOST = timedelta(days=30)
_LISTED = 50


@dataclass(frozen=True, slots=True)
class _Due:
    notice: Notice
    grant: Grant

    @property
    def public_id(self) -> str:
        return self.grant.public_id


def remind_of_ends(*, at: datetime) -> int:
    """Write the mail 30 and 7 days before sharing ends; how many grants were told of.

    None where the end was agreed or moved later than that: the receipt's mail said it then. Each in its own
    transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    due = [_Due(notice, grant) for notice in _NEXT for grant in _ending(notice, at)]
    return for_each("grant.not_reminded", due, partial(_remind, at=at))


def send_yearly_lists(*, at: datetime) -> int:
    """Write "Companies that can read your data" on each anniversary of a person's oldest sharing without an end.

    Only to who gave it or owns some of it, and only who did not switch it off. Returns how many are due. Each in its
    own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    endless = Grant.objects.filter(access_ends__isnull=True, status__in=OPEN)
    given = endless.filter(user=OuterRef("pk"))
    contracts = Selection.objects.filter(part__grant__in=endless).values("contract")
    people = User.objects.filter(is_active=True, yearly_summary=True)
    owners = owners_of(contracts=contracts, at=at).values("pk")
    concerned = people.filter(Q(Exists(given)) | Q(pk__in=owners)).order_by("pk")
    return for_each(
        "yearly_list.not_written",
        concerned.iterator(chunk_size=500),
        partial(_list_for, endless=endless, at=at),
    )


def _ending(notice: Notice, at: datetime) -> QuerySet[Grant]:
    before, then_next = _NEXT[notice]
    told = Receipt.objects.filter(grant=OuterRef("pk"), superseded_by=None).values("created")[:1]
    written = OutgoingMail.objects.filter(
        about=OuterRef("public_id"), kind=notice.value, created__gte=OuterRef("told")
    )
    ending = Grant.objects.filter(
        status__in=OPEN, access_ends__gt=at + then_next, access_ends__lte=at + before
    )
    agreed_before = ending.annotate(told=Subquery(told)).filter(told__lt=F("access_ends") - before)
    return agreed_before.exclude(Exists(written)).order_by("access_ends")


@transaction.atomic
def _remind(due: _Due, *, at: datetime) -> bool:
    """False where another worker, or the customer, was quicker."""
    waiting = Grant.objects.select_for_update(of=("self",)).select_related("client", "user")
    grant = waiting.get(pk=due.grant.pk)
    before, then_next = _NEXT[due.notice]
    ends = grant.access_ends
    if grant.status not in OPEN or ends is None or not at + then_next < ends <= at + before:
        return False
    tell_of_coming_end(due.notice, grant=grant, at=at)
    return True


@transaction.atomic
def _list_for(user: User, *, endless: QuerySet[Grant], at: datetime) -> bool:
    mine = Selection.objects.filter(
        part__grant=OuterRef("pk"), contract__in=owned_contracts(user=user, at=at)
    )
    oldest = endless.filter(Q(user=user) | Exists(mine)).order_by("created", "pk").first()
    if oldest is None:
        return False
    years = relativedelta(at, oldest.created).years
    if years < 1 or at - (oldest.created + relativedelta(years=years)) > _LATE_AT_MOST:
        return False
    with override(user.language):
        letter = _list(user, at)
        write_letter("yearly", letter, user, occasion=f"{oldest.public_id}:{years}", at=at)
    return True


@writes_again("yearly")
def _list_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """The list of now, for who still wants it."""
    user = mail.user
    if user is None or not user.is_active or not user.yearly_summary:
        return None
    with override(user.language):
        return text_of(_list(user, at), user)


def _list(user: User, at: datetime) -> Letter:
    """Everything that can be read now, whether it ends or not."""
    grants = visible_grants(user=user, at=at).filter(open_at(at)).order_by("client__name", "created")
    count = grants.count()
    rows = tuple((in_one_line(grant.client.name), until_in_words(grant)) for grant in grants[:_LISTED])
    if count > _LISTED:
        more = ngettext("%(count)s more", "%(count)s more", count - _LISTED) % {"count": count - _LISTED}
        rows = (*rows, (_("And"), more))
    return Letter(
        subject=_("Companies that can read your data"),
        paragraphs=(
            _("Once a year we list who can read data from your accounts, and until when."),
            _("Nothing to do if you agree. You can stop each of them at any time."),
        ),
        rows=rows,
        path="/my/sharing/",
        link_words=_("See what you share"),
    )
