"""Staff lists that may have millions of rows: newest first, paged by key. Nothing is counted, no row is skipped."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

_POSITION = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class KeyPagedAdmin(ModelAdmin):
    """A list in the order of `-key_time, -pk`, which an index on `key_time` gives. Columns cannot be sorted by."""

    key_time: ClassVar[str]
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ANN401
        return KeyPages

    def get_ordering(self, request: HttpRequest) -> tuple[str, str]:
        return f"-{self.key_time}", "-pk"


class KeyPages(ChangeList):
    """A page of such a list. `?p=` says behind which row it begins."""

    older_url = newest_url = ""

    def get_results(self, request: HttpRequest) -> None:
        """Raises IncorrectLookupParameters for a position that is none."""
        rows, position = self.queryset, request.GET.get(PAGE_VAR)
        if position:
            rows = _behind(rows, self.model_admin.key_time, position)
            self.newest_url = f"?{urlencode(self.filter_params, doseq=True)}"
        listed = list(rows[: self.list_per_page + 1])
        self.result_list = listed[: self.list_per_page]
        more = len(listed) > self.list_per_page
        if more:
            self.older_url = self.get_query_string({PAGE_VAR: self._position()})
        self.result_count = _AtLeast(len(listed)) if more else len(listed)
        self.full_result_count, self.show_full_result_count = None, False
        self.show_admin_actions, self.can_show_all, self.multi_page = True, False, False
        self.paginator = _KeyPaginator(self.result_list, self.list_per_page)

    def _position(self) -> str:
        last = self.result_list[-1]
        return f"{(getattr(last, self.model_admin.key_time) - _EPOCH) // _MICROSECOND}-{last.pk}"


def _behind(rows: QuerySet[Any], key_time: str, position: str) -> QuerySet[Any]:
    position_parts = _POSITION.fullmatch(position)
    if position_parts is None:
        raise IncorrectLookupParameters
    at = _EPOCH + int(position_parts[1]) * _MICROSECOND
    return rows.filter(**{f"{key_time}__lte": at}).exclude(
        **{key_time: at, "pk__gte": int(position_parts[2])}
    )


class _AtLeast(int):
    """How many there are at least, one more than are listed: `50+`."""

    def __str__(self) -> str:
        return f"{int(self) - 1}+"


class _KeyPaginator(Paginator):
    template_name = "admin/accounts/key_pages.html"
