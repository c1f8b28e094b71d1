"""A customer's own data as files: small ones at once, large ones from a worker, for a day."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from accounts.models import ServiceContract, User
from accounts.queries.choices import ContractChoice, contract_choices
from cdsc_portal.lib.http.file_ranges import file_answer
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.local_days import days
from consent.access import OwnerAccess
from datahub.answers.coverage import coverage
from datahub.bills.export import BILL_FORMS, bill_lines
from datahub.downloads.pages.forms import BILLS, DownloadForm
from datahub.downloads.pages.list_page import listed_downloads, open_download
from datahub.downloads.services import MOST_WAITING, TooManyWaitingError, ask_for_download, stored_name
from datahub.usage.exports.stream import FORMS, RESOURCE, known_values, usage_stream
from datahub.usage.pages.views import streamed_file

AT_ONCE = 400_000  # readings that are sent at once: about ten years of quarter hours, some seconds


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def downloads(request: HttpRequest) -> HttpResponseBase:
    """The form, and the files on their way. A file that is small enough is the answer itself."""
    user, at = current_user(request), clock.now()
    choices = contract_choices(user=user, at=at)
    data = request.POST if request.method == "POST" else None
    form = DownloadForm(data, choices=choices, today=timezone.localdate(at))
    if data is not None and form.is_valid():
        return _file_or_page(request, user, form.chosen, form.cleaned_data)
    context = {"form": form, "has_services": bool(choices), "downloads": listed_downloads(user=user, at=at)}
    return render(request, "datahub/downloads.html", context)


@require_safe
@login_required
@never_cache
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A file that is ready, for its person alone; 404 for all others and afterwards."""
    user = current_user(request)
    ready = open_download(user=user, public_id=public_id, at=clock.now())
    if ready is None:
        raise Http404
    try:
        file = default_storage.open(stored_name(ready))
    except FileNotFoundError as error:
        raise Http404 from error
    last = ready.end - timedelta(days=1)
    name = f"usage-{ready.start.isoformat()}-{last.isoformat()}.{ready.form}"
    # written once, so its name stands for its bytes
    tag, kind = f'"{ready.public_id}"', FORMS[ready.form].media_type

    def still_open() -> bool:
        """Roles end too, while a file leaves."""
        return open_download(user=user, public_id=public_id, at=clock.now()) is not None

    return file_answer(request, file, etag=tag, content_type=kind, filename=name, still_open=still_open)


def _file_or_page(
    request: HttpRequest, user: User, chosen: list[ContractChoice], cleaned: dict[str, Any]
) -> HttpResponseBase:
    start, end = cleaned["start"], cleaned["end"] + timedelta(days=1)
    keys = frozenset(choice.key for choice in chosen)
    name = f"{cleaned['what']}-{start.isoformat()}-{cleaned['end'].isoformat()}.{cleaned['form']}"
    if cleaned["what"] == BILLS:
        content_type, written = BILL_FORMS[cleaned["form"]]
        pieces = written(bill_lines(keys, start, end))
        return streamed_file(user, pieces, content_type=content_type, name=name)
    window = days(start, end)
    total = known_values(coverage(OwnerAccess(user.pk, keys), RESOURCE, window=window)).count
    if total <= AT_ONCE:
        file = FORMS[cleaned["form"]](window=window, at=clock.now())

        def reopen() -> OwnerAccess | None:
            """Roles end too, while a stream runs."""
            now = {choice.key for choice in contract_choices(user=user, at=clock.now())}
            return OwnerAccess(user.pk, keys) if keys <= now else None

        pieces = usage_stream(file, reopen, services=None, window=window)
        return streamed_file(user, pieces, content_type=file.content_type, name=name)
    try:
        ask_for_download(
            user=user, contracts=ServiceContract.objects.filter(pk__in=keys), form=cleaned["form"], start=start,
            end=end, total=total, at=clock.now(),
        )  # fmt: skip
    except TooManyWaitingError:
        messages.error(
            request,
            _(
                "%(count)s of your files are still on their way. Ask for another one when one of them is ready."
            )
            % {"count": MOST_WAITING},
        )
    else:
        messages.success(request, _("We are making your file. You get an e-mail when it is ready."))
    return redirect("my_downloads")
