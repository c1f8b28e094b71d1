"""What a customer fills in on pages about data."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.queries.choices import MOST_LISTED, ContractChoice

USAGE, BILLS = "usage", "bills"
_GREEN_BUTTON = "xml"
_NAMED = 5  # of those that are unknown
_YEARS = 10
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # as in addresses of usage


class _LabelledGroup(forms.widgets.ChoiceWidget):
    """The summary of errors links to the whole group."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index) if index is not None else id_


class _Buttons(_LabelledGroup, forms.RadioSelect): ...


class _Ticks(_LabelledGroup, forms.CheckboxSelectMultiple): ...


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
    names = forms.CharField(
        label=gettext_lazy("Services"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 4}),
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
        self._choices = choices
        if len(choices) > MOST_LISTED:
            del self.fields["services"]
            self.fields["names"].help_text = _(
                "A number or a name on each line. Leave it empty for all %(count)s services."
            ) % {"count": number_format(len(choices), use_l10n=True, force_grouping=True)}
        else:
            del self.fields["names"]
            services = self.fields["services"]
            assert isinstance(services, forms.MultipleChoiceField)
            services.choices = [(choice.public_id, choice.label) for choice in choices]
            services.initial = [choice.public_id for choice in choices if not choice.has_ended]
        self.fields["start"].initial = today.replace(day=1) - timedelta(days=365)
        self.fields["end"].initial = today

    @property
    def chosen(self) -> list[ContractChoice]:
        """Once the form is valid."""
        if "services" in self.fields:
            ticked = set(self.cleaned_data["services"])
            return [choice for choice in self._choices if choice.public_id in ticked]
        return self.cleaned_data["names"] or list(self._choices)

    def clean_names(self) -> list[ContractChoice]:
        """Those that have a line's number or name, or whose account has it."""
        lines = list(filter(None, (line.strip() for line in self.cleaned_data["names"].splitlines())))
        named: dict[str, list[ContractChoice]] = defaultdict(list)
        for choice in self._choices:
            for name in {choice.number, choice.name, choice.account, choice.account_name}:
                named[name.casefold()].append(choice)
        unknown = [line for line in lines if line.casefold() not in named]
        if unknown:
            words = ngettext(
                "None of your services has this number or name: %(names)s.",
                "None of your services has these numbers or names: %(names)s.",
                len(unknown),
            )
            names = ", ".join(line[:50] for line in unknown[:_NAMED])
            raise forms.ValidationError(words % {"names": names})
        wanted = {choice.key for line in lines for choice in named[line.casefold()]}
        return [choice for choice in self._choices if choice.key in wanted]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        for name in ("start", "end"):
            if cleaned.get(name) and not _FIRST_YEAR <= cleaned[name].year <= _LAST_YEAR:
                self.add_error(name, _("Choose a day between 1900 and 2199."))
        if start and end and end < start:
            self.add_error("end", _("The last day must not be before the first day."))
        if start and end and (end - start).days > _YEARS * 366:
            self.add_error("start", _("Choose at most ten years at once."))
        if cleaned.get("what") == BILLS and cleaned.get("form") == _GREEN_BUTTON:
            self.add_error(
                "form", _("Green Button holds meter readings only. Choose CSV or JSON for bill lines.")
            )
        return cleaned
