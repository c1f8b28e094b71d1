"""A person's files on their way, as the page lists them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ServiceContract, User
from accounts.queries.choices import MOST_LISTED
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from datahub.bills.pages.bill_list import period_in_words
from datahub.models import Download, DownloadProblem, DownloadStatus

FORM_NAMES = {"csv": "CSV", "json": "JSON", "xml": "Green Button"}
_PROBLEMS = {
    DownloadProblem.NO_SPACE: gettext_lazy(
        "There is no room for your file at the moment. We try again by ourselves; you do not have to do anything."
    ),
    DownloadProblem.NO_ACCESS: gettext_lazy(
        "We stopped, because you may no longer see one of these services. Ask for a new file."
    ),
    DownloadProblem.UNEXPECTED: gettext_lazy("The file could not be made. Please ask for it again."),
}


@dataclass(frozen=True, slots=True)
class ListedDownload:
    """One file in words; `services` are their numbers or, of many, how many there are.

    `url` is "" until it is ready, `percent` None where nobody writes it.
    """

    title: str
    services: str
    status: str
    problem: str
    url: str
    until: str
    percent: int | None
    is_pending: bool


def listed_downloads(*, user: User, at: datetime) -> tuple[ListedDownload, ...]:
    """Newest first, without those whose day is over. Two queries."""
    found = Download.objects.filter(user=user).exclude(status=DownloadStatus.READY, expires__lte=at)
    few = ServiceContract.objects.order_by("contract_number")[:MOST_LISTED]
    counted = found.annotate(count=Count("contracts")).prefetch_related(
        Prefetch("contracts", queryset=few, to_attr="few")
    )
    return tuple(_listed(one, one.count) for one in counted)


def open_download(*, user: User, public_id: str, at: datetime) -> Download | None:
    """A file that is whole and still theirs, else None: others', deleted and unfinished look the same. Two queries."""
    download = Download.objects.filter(
        user=user, public_id=public_id, status=DownloadStatus.READY, expires__gt=at
    ).first()
    if download is None:
        return None
    theirs = visible_contracts(user=user, at=at).values("pk")
    return None if download.contracts.exclude(pk__in=theirs).exists() else download


def _listed(download: Download, count: int) -> ListedDownload:
    ready = download.status == DownloadStatus.READY
    pending = download.status in (DownloadStatus.WAITING, DownloadStatus.RUNNING)
    numbers = [contract.contract_number for contract in vars(download)["few"]]  # the prefetch kept them
    shown_count = number_format(count, use_l10n=True, force_grouping=True)
    return ListedDownload(
        title=f"{FORM_NAMES[download.form]}, {period_in_words(download.start, download.end)}",
        services=", ".join(numbers) if count <= MOST_LISTED else shown_count,
        status=_status(download),
        problem=str(_PROBLEMS[DownloadProblem(download.problem)]) if download.problem else "",
        url=reverse("my_download", args=[download.public_id]) if ready else "",
        until=moment_in_words(download.expires) if download.expires else "",
        percent=_percent(download) if pending else None,
        is_pending=pending,
    )


def _percent(download: Download) -> int:
    return download.done * 100 // max(download.total, 1)


def _status(download: Download) -> str:
    words = {
        DownloadStatus.WAITING: _("Waiting"),
        DownloadStatus.RUNNING: _("Being made"),
        DownloadStatus.READY: _("Ready"),
        DownloadStatus.FAILED: _("Not made"),
    }
    return words[DownloadStatus(download.status)]
