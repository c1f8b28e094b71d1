"""Mail that no click causes: sharing that ends soon, a company's first read, and once a year who can read where no end
was agreed.

Each task finds what is due in the database, and a mail's key names its occasion: two workers, a lost message or a run
that is late neither lose nor double one.
"""

from datetime import datetime, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.mail.queue import MailText
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import NoticeKind, OutgoingMail, User
from accounts.queries.notice_choices import who_want
from accounts.queries.roles import owned_contracts, owners_of
from cdsc_portal.lib.runtime.each import for_each
from consent.mail.grant_events import mail_coming_end, recipients_of
from consent.mail.personal import in_one_line, mail_to, write_personal_mail
from consent.mail.texts import Notice
from consent.models import Disclosure, Grant, Receipt, Selection
from consent.queries.visible_grants import open_at, visible_grants
from consent.transitions import OPEN
from consent.wording import until_in_words

_DUE: dict[Notice, tuple[timedelta, timedelta]] = {  # so long before the end, until the next one is due
    Notice.ENDS_IN_30_DAYS: (timedelta(days=30), timedelta(days=7)),
    Notice.ENDS_IN_7_DAYS: (timedelta(days=7), timedelta(0)),
}
_LATE_AT_MOST = timedelta(days=30)
_LISTED = 50
_FIRST_READ_WITHIN = timedelta(days=2)
_NEW_READER = NoticeKind.NEW_READER


def remind_of_ends(*, at: datetime) -> int:
    """Write the mail 30 and 7 days before sharing ends; for how many grants.

    None where the end was agreed or moved later than that: the receipt's mail said it then. Each in its own
    transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    due = {grant: notice for notice in _DUE for grant in _ending(notice, at)}
    return for_each("grant.not_reminded", due, lambda grant: _remind(grant, due[grant], at=at))


def _ending(notice: Notice, at: datetime) -> QuerySet[Grant]:
    """The grants of which `notice` is due and not written, since their end was agreed."""
    before, until_next = _DUE[notice]
    agreed = Receipt.objects.filter(grant=OuterRef("pk"), superseded_by=None).values("created")[:1]
    written = OutgoingMail.objects.filter(
        about=OuterRef("public_id"), kind=notice.value, created__gte=OuterRef("agreed")
    )
    ending = Grant.objects.filter(
        status__in=OPEN, access_ends__gt=at + until_next, access_ends__lte=at + before
    )
    agreed_before = ending.annotate(agreed=Subquery(agreed)).filter(agreed__lt=F("access_ends") - before)
    return agreed_before.exclude(Exists(written)).order_by("access_ends")


@transaction.atomic
def _remind(grant: Grant, notice: Notice, *, at: datetime) -> bool:
    """False where another worker, or the customer, was quicker."""
    grant = Grant.objects.select_for_update(of=("self",)).select_related("client", "user").get(pk=grant.pk)
    before, until_next = _DUE[notice]
    ends = grant.access_ends
    if grant.status not in OPEN or ends is None or not at + until_next < ends <= at + before:
        return False
    mail_coming_end(notice, grant=grant, at=at)
    return True


def send_yearly_lists(*, at: datetime) -> int:
    """Write "Companies that can read your data" on each anniversary of a person's oldest sharing without an end.

    Only to who gave it or owns some of it, and only who did not switch it off. Returns how many are due. Each in its
    own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    without_end = Grant.objects.filter(access_ends__isnull=True, status__in=OPEN)
    given = without_end.filter(user=OuterRef("pk"))
    contracts = Selection.objects.filter(part__grant__in=without_end).values("contract")
    owners = owners_of(contracts=contracts, at=at).values("pk")
    people = User.objects.filter(is_active=True, yearly_summary=True)
    people = people.filter(Q(Exists(given)) | Q(pk__in=owners)).order_by("pk")
    return for_each(
        "yearly_list.not_written",
        people.iterator(chunk_size=500),
        partial(_write_yearly_list, without_end=without_end, at=at),
    )


@transaction.atomic
def _write_yearly_list(user: User, *, without_end: QuerySet[Grant], at: datetime) -> bool:
    owned = Selection.objects.filter(
        part__grant=OuterRef("pk"), contract__in=owned_contracts(user=user, at=at)
    )
    oldest = without_end.filter(Q(user=user) | Exists(owned)).order_by("created", "pk").first()
    if oldest is None:
        return False
    years = relativedelta(at, oldest.created).years
    if years < 1 or at - (oldest.created + relativedelta(years=years)) > _LATE_AT_MOST:
        return False
    occasion = f"{oldest.public_id}:{years}"
    write_personal_mail("yearly", _yearly_list(user, at), user, occasion=occasion, at=at)
    return True


@writes_again("yearly")
def _yearly_list_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """The list as it is now, for a person who still wants it."""
    user = mail.user
    return _yearly_list(user, at) if user is not None and user.is_active and user.yearly_summary else None


def _yearly_list(user: User, at: datetime) -> MailText:
    """Everything that can be read now, whether it ends or not."""
    grants = visible_grants(user=user, at=at).filter(open_at(at)).order_by("client__name", "created")
    more = grants.count() - _LISTED
    with override(user.language):
        rows = [(in_one_line(grant.client.name), until_in_words(grant)) for grant in grants[:_LISTED]]
        if more > 0:
            rows.append((_("And"), ngettext("%(count)s more", "%(count)s more", more) % {"count": more}))
        return mail_to(
            user,
            subject=_("Companies that can read your data"),
            paragraphs=(
                _("Once a year we list who can read data from your accounts, and until when."),
                _("Nothing to do if you agree. You can stop each of them at any time."),
            ),
            rows=tuple(rows),
            path="/my/sharing/",
            link_words=_("See what you share"),
        )


def tell_of_new_readers(*, at: datetime) -> int:
    """Write a mail for each grant whose first read was in the two days before `at`; for how many grants.

    To who gave it and the owners of its services, of those who want it, once. Each in its own transaction; one that
    fails stops no other. Raises SomeFailed once all were tried.
    """
    reads = Disclosure.objects.filter(grant=OuterRef("pk"), value_count__gt=0)
    since = at - _FIRST_READ_WITHIN
    recent = Disclosure.objects.filter(released_at__gt=since, released_at__lte=at, value_count__gt=0)
    begun = Grant.objects.filter(pk__in=recent.values("grant")).exclude(
        Exists(reads.filter(released_at__lte=since))
    )
    written = OutgoingMail.objects.filter(dedup_key__startswith=f"{_NEW_READER}:").values("about")
    due = begun.exclude(public_id__in=written).select_related("client", "user").order_by("pk")
    return for_each("new_reader.not_told", due, partial(_tell_of_first_read, at=at))


@transaction.atomic
def _tell_of_first_read(grant: Grant, *, at: datetime) -> bool:
    readers = recipients_of(grant, at)
    wanting = list(who_want(_NEW_READER).filter(pk__in=[user.pk for user in readers]))
    for user in wanting:
        write_personal_mail(
            _NEW_READER,
            _first_read(grant, user),
            user,
            occasion=grant.public_id,
            at=at,
            about=grant.public_id,
        )
    return bool(wanting)


@writes_again(_NEW_READER)
def _first_read_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is a recipient still."""
    grant = Grant.objects.select_related("client", "user").filter(public_id=occasion_of(mail)).first()
    if grant is None or mail.user is None or mail.user not in recipients_of(grant, at):
        return None
    return _first_read(grant, mail.user)


def _first_read(grant: Grant, user: User) -> MailText:
    company = in_one_line(grant.client.name)
    with override(user.language):
        return mail_to(
            user,
            subject=_("%(company)s read your data for the first time") % {"company": company},
            paragraphs=(
                _("What it may read is what was shared with it, and nothing else."),
                _("If you do not want this any more, you can stop it at any time."),
            ),
            rows=((_("Company"), company),),
            path=f"/my/sharing/{grant.public_id}/",
            link_words=_("See what was read"),
            notice=_NEW_READER,
        )
