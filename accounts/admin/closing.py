"""Lists of what waits for staff: a filter for what nobody has closed, and the action that closes with a reason."""

from abc import abstractmethod
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.ask import ask_about_rows
from accounts.admin.logged import LoggedAdmin
from accounts.current_user import current_user
from accounts.models import ClosedKind
from accounts.services.closing import close_matters
from cdsc_portal.lib.time import clock


class OpenMatterFilter(admin.SimpleListFilter):
    """Only what waits for somebody and was closed by nobody."""

    title = _("waits for somebody")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
        self._open_matters = model_admin.open_matters
        return [("yes", _("closed by nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self._open_matters(queryset) if self.value() == "yes" else queryset


class ClosingAdmin(LoggedAdmin):
    """Put `OpenMatterFilter` into `list_filter` and "close" into `actions`.

    `closing_key` is the attribute that names the matter.
    """

    closes: ClassVar[ClosedKind]
    closing_key: ClassVar[str] = "pk"

    @abstractmethod
    def open_matters(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the list's `rows` that wait for somebody."""

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_closedmatter")

    @admin.action(description=_("Close with a reason"), permissions=["close"])
    @transaction.atomic
    def close(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Asks why first. Of the ticked rows those that wait are closed."""
        open_rows = self.open_matters(rows)
        count = open_rows.count()
        text = ngettext(
            "%d row waits for somebody. Closed, the overview counts it no more; nothing else changes.",
            "%d rows wait for somebody. Closed, the overview counts them no more; nothing else changes.",
            count,
        )
        reason = ask_about_rows(
            request, self.admin_site, open_rows, action="close", title=_("Close with a reason"), text=text % count,
            button=_("Close"), back=request.get_full_path(),
        )  # fmt: skip
        if isinstance(reason, HttpResponse):
            return reason
        closed = list(open_rows)
        keys = {getattr(row, self.closing_key): row for row in closed}
        close_matters(kind=self.closes, keys=keys, by=current_user(request), reason=reason, at=clock.now())
        for row in keys.values():
            self.log_act(request, row, "closed what waited", reason=reason)
        messages.success(request, ngettext("%d row is closed.", "%d rows are closed.", count) % count)
        return None
