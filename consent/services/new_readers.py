"""Tell that a company has read for the first time, who wants to know (P-39)."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import NoticeKind, OutgoingMail, User
from accounts.queries.notice_choices import who_want
from consent.mail.grant_events import recipients_of
from consent.mail.personal import in_one_line, mail_to, write_personal_mail
from consent.models import Disclosure, Grant
from consent.services.each import for_each

_LATE_AT_MOST = timedelta(days=2)
_KIND = NoticeKind.NEW_READER


def tell_of_new_readers(*, at: datetime) -> int:
    """Write a mail for each grant whose first read was in the two days before `at`; for how many grants.

    To who gave it and the owners of its services, of those who want it, once. Each in its own transaction; one that
    fails stops no other. Raises SomeFailed once all were tried.
    """
    reads = Disclosure.objects.filter(grant=OuterRef("pk"), value_count__gt=0)
    since = at - _LATE_AT_MOST
    recent = Disclosure.objects.filter(released_at__gt=since, released_at__lte=at, value_count__gt=0)
    begun = Grant.objects.filter(pk__in=recent.values("grant")).exclude(
        Exists(reads.filter(released_at__lte=since))
    )
    written = OutgoingMail.objects.filter(dedup_key__startswith=f"{_KIND}:").values("about")
    due = begun.exclude(public_id__in=written).select_related("client", "user").order_by("pk")
    return for_each("new_reader.not_told", due, partial(_tell, at=at))


@transaction.atomic
def _tell(grant: Grant, *, at: datetime) -> bool:
    readers = recipients_of(grant, at)
    wanting = list(who_want(_KIND).filter(pk__in=[user.pk for user in readers]))
    for user in wanting:
        write_personal_mail(
            _KIND, _mail(grant, user), user, occasion=grant.public_id, at=at, about=grant.public_id
        )
    return bool(wanting)


@writes_again(_KIND)
def _again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is a recipient still."""
    grant = Grant.objects.select_related("client", "user").filter(public_id=occasion_of(mail)).first()
    if grant is None or mail.user is None or mail.user not in recipients_of(grant, at):
        return None
    return _mail(grant, mail.user)


def _mail(grant: Grant, user: User) -> MailText:
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
            notice=_KIND,
        )
