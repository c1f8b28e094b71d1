"""The form of the help page."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import CaseTopic

_LONGEST_TEXT = 4000


class HelpForm(forms.Form):
    """What somebody asks; `email` starts with the address of who is logged in."""

    topic = forms.ChoiceField(label=_("What is it about?"), choices=CaseTopic.choices)
    text = forms.CharField(
        label=_("Your question"),
        help_text=_("Write no passwords and no codes. We never ask for them."),
        max_length=_LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write what you would like to know.")},
    )
    email = forms.EmailField(
        label=_("E-mail address for our answer"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter an e-mail address, so that we can answer.")},
    )
