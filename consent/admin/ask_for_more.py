"""What staff ask a third party for, item by item."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.text.one_line import is_one_line

ASK_FOR_MORE = _("The company’s program and its people see each item and answer it by itself.")
_MOST_ITEMS = 20
_LONGEST_NAME = 200


class ItemsField(forms.CharField):
    """Lines of `name: what is wanted`; gives pairs of both. A line without a colon is both."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(
            label=_("What is needed"),
            help_text=_("An item a line, such as: Contract: the signed contract as PDF"),
            max_length=10_000,
            required=required,
            widget=forms.Textarea(attrs={"rows": 4}),
        )

    def clean(self, value: str) -> list[tuple[str, str]]:
        items = []
        for line in super().clean(value).splitlines():
            name, _colon, wanted = (part.strip() for part in line.partition(":"))
            if not name:
                continue
            if len(name) > _LONGEST_NAME or not is_one_line(name):
                raise forms.ValidationError(_("A name of an item is too long."))
            items.append((name, wanted or name))
        if len(items) > _MOST_ITEMS:
            raise forms.ValidationError(_("Ask for fewer items at a time."))
        return items


class AskForMoreForm(forms.Form):
    text = forms.CharField(label=_("Text"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))
    items = ItemsField()
