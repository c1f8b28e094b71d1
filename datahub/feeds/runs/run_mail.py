"""Mail to those who look after feeds, when a run did not go well."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import OutgoingMail, User
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.wording import zone_in_words
from datahub.models import FeedRun, RunStatus

_TROUBLE = (RunStatus.REFUSED, RunStatus.FAILED, RunStatus.HELD)
_REASONS = 10
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")  # a message quotes what stands in the file
_FROM_FILE = re.compile(rf"{_QUOTED.pattern}|\S*\d\S*")  # numbers of meters, accounts and bills do, too


def tell_of_trouble(*, run: FeedRun, at: datetime) -> None:
    """Write a mail, once for each run, if it was refused, failed, is held, or rejected more than its feed may.

    It says what was counted and why, and nothing that stands in the file: mail goes further than the page it links to.
    It is in its reader's language, except for the reasons, which are stored in English, as the run's page shows them.
    """
    percent = run.feed.alert_percent
    limit = settings.FEED_ALERT_PERCENT if percent is None else percent
    if run.status not in _TROUBLE and run.rejected * 100 <= limit * run.rows_read:
        return
    for address, user in _readers():
        write_mail(
            kind="feed_run",
            dedup_key=f"feed_run:{run.public_id}:{hashlib.sha256(address.encode()).hexdigest()[:20]}",
            user=user,
            to=address,
            mail=_text(run, user),
            at=at,
        )


@writes_again("feed_run")
def _again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """None for a reader who looks after feeds no more."""
    run = FeedRun.objects.filter(public_id=occasion_of(mail)).first()
    reads = any(user == mail.user if mail.user else address == mail.to for address, user in _readers())
    return _text(run, mail.user) if run is not None and reads else None


def _readers() -> Iterator[tuple[str, User | None]]:
    """Those whom the installation names, else the staff who may start runs."""
    staff = User.objects.filter(is_active=True, is_staff=True)
    if settings.FEED_ALERT_TO:
        yield from (
            (address, staff.filter(email__iexact=address).first()) for address in settings.FEED_ALERT_TO
        )
        return
    may = {"content_type__app_label": "datahub", "codename": "add_feedrun"}
    allowed = Q(is_superuser=True)
    for path in ("user_permissions", "groups__permissions"):
        allowed |= Q(**{f"{path}__{name}": value for name, value in may.items()})
    for user in staff.filter(allowed).distinct().order_by("email"):
        yield user.email, user


def _text(run: FeedRun, reader: User | None) -> MailText:
    """In the language of its reader."""
    language = reader.language if reader else settings.LANGUAGE_CODE
    with override(language):
        facts = {"feed": run.feed.name, "status": run.get_status_display(), "rejected": _number(run.rejected)}
        rows = [
            (_("Feed"), run.feed.name),
            (_("File"), run.file_name),
            (_("Came"), f"{moment_in_words(run.created)} ({zone_in_words()})"),
            (_("Rows read"), _number(run.rows_read)),
            (_("Rows accepted"), _number(run.accepted)),
            (_("Rows unchanged"), _number(run.unchanged)),
            (_("Rows rejected"), _number(run.rejected)),
            (_("Rows parked"), _number(run.parked)),
        ]
        for reason, count in _reasons(run):
            rows.append((_("%(rows)s rejected") % {"rows": _number(count)}, reason))
        return MailText(
            language=language,
            utility=settings.UTILITY_NAME,
            support_url=settings.SUPPORT_URL,
            subject=_("Feed %(feed)s: %(status)s, %(rejected)s rows rejected") % facts,
            paragraphs=(_QUOTED.sub("…", run.problem),) if run.problem else (),
            rows=tuple(rows),
            link=f"{settings.PUBLIC_URL}{reverse('admin:datahub_feedrun_change', args=[run.pk])}",
            link_words=_("See the run and its rejected rows"),
            template="emails/feed_run",
        )


def _number(rows: int) -> str:
    return number_format(rows, use_l10n=True, force_grouping=True)


def _reasons(run: FeedRun) -> list[tuple[str, int]]:
    """The most frequent reasons, without what stands in the file."""
    counted: Counter[str] = Counter()
    for reason, rows in run.rejected_rows.values_list("reason").annotate(Sum("rows")).iterator():
        counted[_FROM_FILE.sub("…", reason)] += rows
    return counted.most_common(_REASONS)
