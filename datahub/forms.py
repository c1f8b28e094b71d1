"""What a customer fills in on pages about data."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.choices import ContractChoice

USAGE, BILLS = "usage", "bills"
_GREEN_BUTTON = "xml"
_YEARS = 10


class _Buttons(forms.RadioSelect):
    """The summary of errors links to the whole group."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index) if index is not None else id_


class _Ticks(forms.CheckboxSelectMultiple):
    """The summary of errors links to the whole group."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index) if index is not None else id_


class DownloadForm(forms.Form):
    """Which data of which services, from which day to which, in which form. Both days belong to it."""

    what = forms.ChoiceField(
        label=gettext_lazy("Data"),
        choices=[
            (USAGE, gettext_lazy("Meter readings: energy for each interval")),
            (BILLS, gettext_lazy("Bill lines: what each bill is made of")),
        ],
        widget=_Buttons,
        initial=USAGE,
    )
    services = forms.MultipleChoiceField(
        label=gettext_lazy("Services"),
        widget=_Ticks,
        error_messages={"required": gettext_lazy("Choose at least one service.")},
    )
    start = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    end = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    form = forms.ChoiceField(
        label=gettext_lazy("Form of the file"),
        choices=[
            ("csv", gettext_lazy("CSV, for spreadsheets")),
            (_GREEN_BUTTON, gettext_lazy("Green Button XML, for energy programs (meter readings only)")),
            ("json", gettext_lazy("JSON, for programs")),
        ],
        widget=_Buttons,
        initial="csv",
    )

    def __init__(self, *args: Any, choices: Sequence[ContractChoice], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = self.fields["services"]
        assert isinstance(services, forms.MultipleChoiceField)
        services.choices = [(choice.public_id, _named(choice)) for choice in choices]
        services.initial = [choice.public_id for choice in choices if not choice.has_ended]
        self.fields["start"].initial = today.replace(day=1) - timedelta(days=365)
        self.fields["end"].initial = today

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        start, end = said.get("start"), said.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day must not be before the first day."))
        if start and end and (end - start).days > _YEARS * 366:
            self.add_error("start", _("Choose at most ten years at once."))
        if said.get("what") == BILLS and said.get("form") == _GREEN_BUTTON:
            self.add_error(
                "form", _("Green Button holds meter readings only. Choose CSV or JSON for bill lines.")
            )
        return said


def _named(choice: ContractChoice) -> str:
    parts = (choice.commodity, choice.number, choice.name or choice.address)
    named = ", ".join(part for part in parts if part)
    return _("%(service)s (ended)") % {"service": named} if choice.has_ended else named
