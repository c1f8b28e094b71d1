"""What becomes of a client's secret when it is renewed: chosen by its own people, or by staff."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from consent.models import Client
from consent.services.credentials import SECRET_OVERLAP, renew_secret, replace_leaked_secret

_LEAKED = "leaked"
_HOUR = timedelta(hours=1)


class SecretForm(forms.Form):
    """How long the secret before works on; or that it leaked, which ends it with its tokens."""

    before = forms.ChoiceField(
        label=_("The secret in use"),
        choices=[
            (SECRET_OVERLAP // _HOUR, _("works for 24 hours more")),
            (1, _("works for 1 hour more")),
            (7 * 24, _("works for 7 days more")),
            (0, _("ends at once; tokens got with it keep working")),
            (_LEAKED, _("is known to others: it ends at once, and tokens got with it end too")),
        ],
        initial=SECRET_OVERLAP // _HOUR,
        widget=forms.RadioSelect,
    )

    def renew(self, *, client: Client, by: User, at: datetime) -> str:
        """The new secret, as chosen."""
        before = self.cleaned_data["before"]
        if before == _LEAKED:
            return replace_leaked_secret(client=client, by=by, at=at)
        return renew_secret(client=client, by=by, at=at, keep=int(before) * _HOUR)
