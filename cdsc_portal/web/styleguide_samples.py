"""Invented content for the style guide."""

from django import forms
from django.core.paginator import Paginator


class SampleForm(forms.Form):
    account_number = forms.CharField(
        label="Account number", help_text="Eight digits, at the top of your bill."
    )
    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))


def context() -> dict[str, object]:
    """What `web/styleguide.html` shows: forms with and without errors, and a page of a listing."""
    return {
        "sample_form": SampleForm(),
        "wrong_form": SampleForm({"account_number": "", "until": "tomorrow"}),
        "sample_page": Paginator(range(60), 20).page(2),
    }
