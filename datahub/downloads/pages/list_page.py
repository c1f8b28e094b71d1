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
    kept = Download.objects.filter(user=user).exclude(status=DownloadStatus.READY, expires__lte=at)
    few = ServiceContract.objects.order_by("contract_number")[:MOST_LISTED]
    downloads = kept.annotate(count=Count("contracts")).prefetch_related(
        Prefetch("contracts", queryset=few, to_attr="few")
    )
    statuses = {
        DownloadStatus.WAITING: _("Waiting"),
        DownloadStatus.RUNNING: _("Being made"),
        DownloadStatus.READY: _("Ready"),
        DownloadStatus.FAILED: _("Not made"),
    }
    listed = []
    for download in downloads:
        is_pending = download.status in (DownloadStatus.WAITING, DownloadStatus.RUNNING)
        is_ready = download.status == DownloadStatus.READY
        numbers = [contract.contract_number for contract in vars(download)["few"]]  # the prefetch kept them
        count = number_format(download.count, use_l10n=True, force_grouping=True)
        row = ListedDownload(
            title=f"{FORM_NAMES[download.form]}, {period_in_words(download.start, download.end)}",
            services=", ".join(numbers) if download.count <= MOST_LISTED else count,
            status=statuses[DownloadStatus(download.status)],
            problem=str(_PROBLEMS[DownloadProblem(download.problem)]) if download.problem else "",
            url=reverse("my_download", args=[download.public_id]) if is_ready else "",
            until=moment_in_words(download.expires) if download.expires else "",
            percent=download.done * 100 // max(download.total, 1) if is_pending else None,
            is_pending=is_pending,
        )
        listed.append(row)
    return tuple(listed)


def open_download(*, user: User, public_id: str, at: datetime) -> Download | None:
    """A file that is whole and still theirs, else None: others', deleted and unfinished look the same. Two queries."""
    download = Download.objects.filter(
        user=user, public_id=public_id, status=DownloadStatus.READY, expires__gt=at
    ).first()
    if download is None:
        return None
    theirs = visible_contracts(user=user, at=at).values("pk")
    return None if download.contracts.exclude(pk__in=theirs).exists() else download
