"""Invented content for the style guide."""

from decimal import Decimal

from django import forms
from django.core.paginator import Paginator

from cdsc_portal.web.support_session import Banner
from datahub.charts.shapes import Layer, stacked_bars
from datahub.usage.pages.table import Cell, Row, Table

_USED = {"Monday": "8.2", "Tuesday": "11.4", "Wednesday": "9.7"}


class SampleForm(forms.Form):
    account_number = forms.CharField(
        label="Account number", help_text="Eight digits, at the top of your bill."
    )
    notices = forms.ChoiceField(
        label="Mail about bills",
        choices=[("all", "All"), ("due", "When one is due")],
        widget=forms.RadioSelect,
        required=False,
    )
    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))


def context() -> dict[str, object]:
    """What `web/styleguide.html` shows: forms with and without errors, a page of a listing, a chart with its table,
    ways between views, and a support session.
    """
    used = {day: Decimal(amount) for day, amount in _USED.items()}
    return {
        "sample_chart": stacked_bars(
            [Layer("Used", "used", used, estimated=frozenset({"Wednesday"}))],
            list(used),
            title="Tuesday had most: 11.4 kWh",
            name="sg-chart",
            table="sg-chart-table",
            columns=[1],
            label=str,
        ),
        "sample_table": Table(
            "Day",
            ("Used",),
            tuple(Row(day, cells=(Cell(f"{amount} kWh", amount),)) for day, amount in _USED.items()),
            total=(Cell("29.3 kWh", "29.3"),),
        ),
        "many_numbers": range(1, 13),
        "sample_tabs": _links("Day", "Week", "Month", "Year"),
        "sample_switch": _links("Energy", "Billed", "Estimate"),
        "sample_visit": Banner(
            person="ana@example.com",
            customer="",
            reason="Asked by phone why the bill is high",
            until="6:32 PM",
            back="#main",
        ),
        "sample_form": SampleForm(),
        "wrong_form": SampleForm({"account_number": "", "until": "tomorrow"}),
        "sample_page": Paginator(range(60), 20).page(2),
    }


def _links(*labels: str) -> list[dict[str, object]]:
    """Of tabs or segments: the first is shown."""
    return [
        {"label": label, "url": "#sg-switch", "is_current": place == 0} for place, label in enumerate(labels)
    ]
