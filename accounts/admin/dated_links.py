"""Rows with a start and an end: what ends before it starts or overlaps another is refused by name."""

from collections import defaultdict
from typing import Any

from django import forms
from django.db.models import Model, Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.forms import PaginationInlineFormSet

from accounts.admin.base import LabelledInline, PortalAdmin, link_to
from accounts.current_user import current_user
from accounts.models import Dated, ServiceContract, SupplyTerm, span_of
from accounts.services.link_changes import Changed, record_link_changes
from accounts.services.loading.timeline import Interval, Timeline
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span


class LinkedObject(forms.Widget):
    """Shows what a stored row is linked to; that is fixed, only its dates change. No query."""

    def __init__(self, target: Model) -> None:
        super().__init__()
        self.target = target

    def render(self, name: str, value: object, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ANN401
        return SafeString(link_to(self.target))


class DatedForm(forms.ModelForm):
    """`linked` are the foreign keys that a stored row keeps."""

    linked: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in self.linked:
                if name in self.fields:
                    self.fields[name].disabled = True
                    self.fields[name].widget = LinkedObject(getattr(self.instance, name))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end <= start:
            self.add_error("end", _("The end must come after the start."))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """Overlaps are the formset's to find, among all rows as they will be: one ends where the next begins."""
        return super()._get_validation_exclusions() | {"end"}  # type: ignore[misc]  # not in the stubs

    def save(self, commit: bool = True) -> Any:  # noqa: ANN401
        if self.has_changed():
            self.instance.version_at = clock.now()
            if hasattr(self.instance, "cds_modified"):
                self.instance.cds_modified = self.instance.version_at
        return super().save(commit)


class DatedFormSet(PaginationInlineFormSet):
    """`exclusion_fields` are foreign keys: among rows that agree on them no two rows may overlap."""

    exclusion_fields: tuple[str, ...] = ()

    def clean(self) -> None:
        super().clean()
        forms_by_key: dict[tuple[int, ...], list[Any]] = defaultdict(list)
        for form in self.forms:
            if not form.errors and form.cleaned_data and not form.cleaned_data.get("DELETE"):
                forms_by_key[self._exclusion_key(form.instance)].append(form)
        timelines = self._timelines_of_stored(list(forms_by_key))
        for key, rows in forms_by_key.items():
            # changed rows last: they are the ones to name the others
            for form in sorted(rows, key=lambda form: (form.has_changed(), form.instance.start)):
                self._check_overlap(form, timelines[key])

    def _check_overlap(self, form: Any, timeline: Timeline) -> None:  # noqa: ANN401
        interval = _interval(form.instance)
        clash = timeline.clash(interval)
        if clash is None:
            timeline.add(interval)
            return
        until = clash.end or _("now")
        form.add_error(
            "start",
            _("This overlaps %(other)s, %(start)s to %(end)s.")
            % {"other": clash.label, "start": clash.start, "end": until},
        )

    def _timelines_of_stored(self, keys: list[tuple[int, ...]]) -> dict[tuple[int, ...], Timeline]:
        """The stored rows of these exclusion keys that are not on this page. One query."""
        here = [form.instance.pk for form in self.forms if form.instance.pk]
        wanted = Q(pk__in=[])
        for key in keys:
            wanted |= Q(**dict(zip(self._columns(), key, strict=True)))
        timelines: dict[tuple[int, ...], Timeline] = defaultdict(Timeline)
        others = self.model._default_manager.filter(wanted).exclude(pk__in=here)
        for row in others.select_related(*self.exclusion_fields):
            timelines[self._exclusion_key(row)].add(_interval(row))
        return timelines

    def _columns(self) -> list[str]:
        return [f"{name}_id" for name in self.exclusion_fields]

    def _exclusion_key(self, row: Any) -> tuple[int, ...]:  # noqa: ANN401
        return tuple(getattr(row, column) for column in self._columns())


class DatedInline(LabelledInline):
    """Dated rows under the object they hang on, newest first, a page at a time."""

    extra = 0
    per_page = 20
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return super().get_queryset(request).select_related(*self.related).order_by("-start", "pk")


class DatedLinksAdmin(PortalAdmin):
    """A page with dated links, perhaps with dates of its own: what they were is recorded, with who changed it."""

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and isinstance(obj, ServiceContract):
            was = days(form.initial["start"], form.initial["end"])
            _record([Changed(obj, obj.pk, was, span_of(obj))], request)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ANN401
        stored = [(row_form, row_form.instance.pk) for row_form in formset.initial_forms]
        super().save_formset(request, form, formset, change)
        if not issubclass(formset.model, Dated):
            return
        gone = formset.deleted_forms
        was = days if formset.model is SupplyTerm else Span
        _record(
            [
                Changed(
                    row_form.instance,
                    key,
                    was(row_form.initial["start"], row_form.initial["end"]),
                    None if row_form in gone else span_of(row_form.instance),
                )
                for row_form, key in stored
                if row_form.has_changed()
            ]
            + [Changed(link, link.pk, None, span_of(link)) for link in formset.new_objects],
            request,
        )


def _record(changes: list[Changed], request: HttpRequest) -> None:
    record_link_changes(changes, at=clock.now(), by=current_user(request))


def _interval(row: Any) -> Interval:  # noqa: ANN401
    return Interval(row.start, row.end, str(row))
