"""Ticked rows as a CSV; that it was taken, and how many rows, is in the log."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.text.csv_cells import plain_cell


class ExportAdmin(ReadOnlyAdmin):
    """`export_fields` are the columns, as look-ups from the row; instants are UTC. Two queries, streamed."""

    export_fields: ClassVar[tuple[str, ...]]
    actions = ("as_csv",)

    @admin.action(description=_("Take as CSV"), permissions=["export"])
    def as_csv(self, request: HttpRequest, rows: QuerySet[Any]) -> StreamingHttpResponse:
        meta = self.model._meta
        return self.csv_file(
            request,
            self._lines(rows),
            name=str(meta.model_name),
            what=f"{rows.count()} rows as CSV",
            sees=f"{meta.app_label}.view_{meta.model_name}",
        )

    def _lines(self, rows: QuerySet[Any]) -> Iterator[str]:
        yield f"{','.join(self.export_fields)}\r\n"
        for row in rows.values_list(*self.export_fields).iterator():
            cells = io.StringIO()
            csv.writer(cells).writerow(
                ""
                if value is None
                else instant(value)
                if isinstance(value, datetime)
                else plain_cell(str(value))
                for value in row
            )
            yield cells.getvalue()
