"""Mail to those who look after feeds, when a run did not go well."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse

from accounts.models import User
from consent.services.outbox import MailText, write_mail
from datahub.models import FeedRun, RunStatus

_TROUBLE = (RunStatus.REFUSED, RunStatus.FAILED, RunStatus.HELD)
_REASONS = 10
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")  # what a message quotes stood in the file
_TOLD = re.compile(rf"{_QUOTED.pattern}|\S*\d\S*")  # and so did numbers of meters, accounts and bills


def tell_of_trouble(*, run: FeedRun, at: datetime) -> None:
    """Write a mail, once for each run, if it was refused, failed, is held, or rejected more than its feed may.

    It says what was counted and why, and nothing that stood in the file: mail goes further than the page it links to.
    """
    if run.status not in _TROUBLE and not _rejected_much(run):
        return
    for address, user in _readers():
        write_mail(
            kind="feed_run",
            dedup_key=f"feed_run:{run.public_id}:{hashlib.sha256(address.encode()).hexdigest()[:20]}",
            user=user,
            to=address,
            grant=None,
            mail=_text(run),
            at=at,
            template="emails/feed_run",
        )


def _rejected_much(run: FeedRun) -> bool:
    percent = run.feed.alert_percent
    limit = settings.FEED_ALERT_PERCENT if percent is None else percent
    return run.rejected * 100 > limit * run.rows_read


def _readers() -> Iterator[tuple[str, User | None]]:
    """Those whom the installation names, else the staff who may start runs."""
    if settings.FEED_ALERT_TO:
        yield from ((address, None) for address in settings.FEED_ALERT_TO)
        return
    may = {"content_type__app_label": "datahub", "codename": "add_feedrun"}
    allowed = Q(is_superuser=True)
    for path in ("user_permissions", "groups__permissions"):
        allowed |= Q(**{f"{path}__{name}": value for name, value in may.items()})
    for user in User.objects.filter(allowed, is_active=True, is_staff=True).distinct().order_by("email"):
        yield user.email, user


def _text(run: FeedRun) -> MailText:
    paragraphs = (_QUOTED.sub("…", run.problem),) if run.problem else ()
    counts = ("rows_read", "accepted", "unchanged", "rejected", "parked")
    return MailText(
        language="en",
        utility=settings.UTILITY_NAME,
        support_url=settings.SUPPORT_URL,
        subject=f"Feed {run.feed.name}: {run.get_status_display()}, {run.rejected} rows rejected",
        paragraphs=paragraphs,
        rows=(
            ("Feed", run.feed.name),
            ("File", run.file_name),
            ("Came", f"{run.created:%Y-%m-%d %H:%M} UTC"),
            *((name.replace("_", " ").capitalize(), f"{getattr(run, name):,}") for name in counts),
            *((f"{rows:,} rejected", reason) for reason, rows in _reasons(run)),
        ),
        link=f"{settings.PUBLIC_URL}{reverse('admin:datahub_feedrun_change', args=[run.pk])}",
        link_words="See the run and its rejected rows",
    )


def _reasons(run: FeedRun) -> list[tuple[str, int]]:
    """The commonest, with what stood in the file left out."""
    counted: Counter[str] = Counter()
    for reason, rows in run.rejected_rows.values_list("reason").annotate(Sum("rows")).iterator():
        counted[_TOLD.sub("…", reason)] += rows
    return counted.most_common(_REASONS)
