"""What the staff pages of feeds share: who may run feeds, times with their zone, lists that begin with the worst."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from accounts.admin.base import ActingAdmin
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.wording import zone_in_words
from datahub.feeds.sources.staff_tokens import RUN_FEEDS


class RunnerAdmin(ActingAdmin):
    """Its actions need the permission to start feed runs."""

    act_permission = RUN_FEEDS

    def require_runner(self, request: HttpRequest) -> None:
        """Raises PermissionDenied unless the user may start feed runs."""
        if not self.has_act_permission(request):
            raise PermissionDenied


def moment_with_zone(moment: datetime | None) -> str:
    """`November 24, 2029, 6:02 PM (Pacific Time)`, in the utility's zone; a dash for no time."""
    return f"{moment_in_words(moment)} ({zone_in_words()})" if moment else "-"


def moment_column(field: str, description: Any, ordering: str | None = None) -> Callable[..., str]:  # noqa: ANN401
    """A column of an admin page that shows a time with its zone."""

    @admin.display(description=description, ordering=ordering)
    def column(_admin: object, row: Model) -> str:
        return moment_with_zone(getattr(row, field))

    return column


def worst_first_list(*order: Any) -> type[ChangeList]:  # noqa: ANN401 - names and expressions
    """A list in this order of annotations of the admin's own query set, unless a column is chosen.

    As the admin's `ordering` it would also be used by filters of other lists, which do not annotate.
    """

    class WorstFirstList(ChangeList):
        def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Sequence[Any]:
            if ORDER_VAR in self.params:
                chosen: Sequence[Any] = super().get_ordering(request, queryset)
                return chosen
            return [*order, "-pk"]

    return WorstFirstList
