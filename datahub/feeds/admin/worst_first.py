"""Lists whose order, unless a column is chosen, says what needs people first."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList


def worst_first_list(*order: Any) -> type[ChangeList]:  # noqa: ANN401 - names and expressions
    """A list in this order of what the admin's own query set annotates.

    As the admin's `ordering` it would be asked for by filters of other lists too, which do not annotate.
    """

    class WorstFirstList(ChangeList):
        def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Sequence[Any]:
            if ORDER_VAR in self.params:
                chosen: Sequence[Any] = super().get_ordering(request, queryset)
                return chosen
            return [*order, "-pk"]

    return WorstFirstList
