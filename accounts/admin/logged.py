"""Whatever staff change on a page of the admin is in the log, with before and after (P-23)."""

from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import JSONField, Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from accounts.admin.autocomplete import CheckedAutocompletes
from accounts.admin.lookups import NamedLookupsAdmin
from accounts.admin.one_line_fields import on_one_line
from accounts.current_user import current_user
from accounts.models import StaffVerb
from accounts.services.staff_actions import Change, record_staff_action
from accounts.sign_in.session_user import session_user
from cdsc_portal.lib.http.checked_stream import checked, in_pieces
from cdsc_portal.lib.json.form_field import StorableJSONField
from cdsc_portal.lib.time import clock

EXPORT = "accounts.export_records"

log = structlog.get_logger(__name__)


class LoggedAdmin(CheckedAutocompletes, NamedLookupsAdmin):
    """Django tells what was added and changed; this keeps the values too, in the same transaction.

    Pages of our own call `log_act` for what they do. Loads of feeds pass no page, so nothing here slows them.
    """

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        if isinstance(db_field, JSONField):
            kwargs["form_class"] = StorableJSONField
        return on_one_line(super().formfield_for_dbfield(db_field, request, **kwargs))

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Raises BadRequest for a ticked row whose key is none: no row has it, and the database would fail."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.model._meta.pk.clean(key, None)
            except ValidationError as error:
                raise BadRequest("no key of a row") from error
        response: HttpResponse | None = super().response_action(request, queryset)
        return response

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        request.staff_changes = list(_changes(form, formsets or (), add))  # type: ignore[attr-defined]
        message: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)
        return message

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401
        self._record(request, StaffVerb.ADD, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401
        self._record(request, StaffVerb.CHANGE, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:  # noqa: ANN401
        """On the page that deletes one, and for ticked rows; called before they are gone."""
        for obj in queryset:
            record_staff_action(
                by=current_user(request),
                verb=StaffVerb.DELETE,
                on=obj,
                changes=[
                    (field.name, field.value_from_object(obj), "")  # related rows by their key
                    for field in obj._meta.concrete_fields
                    if not field.primary_key
                ],
                at=clock.now(),
            )
        return super().log_deletions(request, queryset)

    def log_act(self, request: HttpRequest, obj: Model, what: str, *, reason: str = "") -> None:
        """One thing done to `obj` that is no edit of its fields."""
        record_staff_action(
            by=current_user(request), verb=StaffVerb.ACT, on=obj, what=what, reason=reason, at=clock.now()
        )

    def has_export_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(EXPORT)

    def csv_file(
        self,
        request: HttpRequest,
        lines: Iterable[str | bytes],
        *,
        name: str,
        what: str,
        sees: str,
        on: Model | None = None,
        content_type: str = "text/csv; charset=utf-8",
    ) -> StreamingHttpResponse:
        """`lines` as a file to take away; that it was taken is logged. Raises PermissionDenied without `EXPORT`.

        It breaks off once the login has ended, or its person lost `EXPORT` or `sees`, the permission to see what is in
        it.
        """
        if not self.has_export_permission(request):
            raise PermissionDenied
        self.log_export(request, what, on=on)

        def may_go_on() -> bool:
            user = session_user(request)
            is_open = user is not None and user.has_perms((EXPORT, sees))
            if not is_open:
                log.info("staff_export.broken_off", model=self.model._meta.label_lower)
            return is_open

        response = StreamingHttpResponse(checked(in_pieces(lines), may_go_on), content_type=content_type)
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    def log_export(self, request: HttpRequest, what: str, *, on: Model | None = None) -> None:
        """A file that staff took: of the object `on`, else of the list."""
        record_staff_action(
            by=current_user(request), verb=StaffVerb.EXPORT, on=on or self.model, what=what, at=clock.now()
        )

    def _record(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:  # noqa: ANN401
        record_staff_action(
            by=current_user(request),
            verb=verb,
            on=obj,
            what=message if isinstance(message, str) else "",
            changes=request.__dict__.pop("staff_changes", ()),
            at=clock.now(),
        )


def _changes(form: Any, formsets: Iterable[Any], add: bool) -> Iterator[Change]:  # noqa: ANN401
    yield from _of_form(form, "", added=add)
    for formset in formsets:
        name, key = formset.model._meta.model_name, formset.model._meta.pk.name
        deleted = set(formset.deleted_forms) if formset.can_delete else set()
        for row in formset.forms:
            where = f"{name} {row.instance.pk or row.fields[key].initial}."  # a deleted one has lost its key
            if row in deleted:
                yield from _of_form(row, where, added=False, gone=True)
            elif row.has_changed():
                yield from _of_form(row, where, added=row not in formset.initial_forms)


def _of_form(form: BaseForm, where: str, *, added: bool, gone: bool = False) -> Iterator[Change]:
    names = list(form.fields) if gone else form.changed_data
    for name in names:
        if name in ("DELETE", "id") or name not in form.fields:
            continue
        before = "" if added else _words(form, name, form.get_initial_for_field(form.fields[name], name))
        after = "" if gone else _words(form, name, form.cleaned_data.get(name))
        if before != after:
            yield f"{where}{name}", before, after


def _words(form: BaseForm, name: str, value: Any) -> str:  # noqa: ANN401 - whatever a field holds
    """Rows are named by their key, so that nobody's name gets among the facts."""
    if value is None:
        return ""
    if isinstance(value, Model):
        return f"{value._meta.model_name} {value.pk}"
    if isinstance(value, QuerySet | list | tuple):
        return ", ".join(sorted(str(item) for item in value))
    choices = getattr(form.fields[name], "queryset", None)
    if choices is not None and value != "":
        return f"{choices.model._meta.model_name} {value}"
    return str(value)
