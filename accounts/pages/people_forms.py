"""Forms of /my/people/."""

from datetime import date, datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.address_field import AddressField
from accounts.models import BillingAccount, Customer, Role, User
from accounts.queries.invitable_scope import InvitableScope, offered_account
from accounts.role_words import CONSEQUENCES
from accounts.services.inviting import LONGEST_DELEGATE, Offered
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.relative_dates import shifted

_ALL, _BY_NUMBER = "all", "one"
_MONTHS = {"1": _("1 month"), "3": _("3 months"), "12": _("12 months"), "": _("Another day")}


def _months_field(initial: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("For how long"),
        choices=list(_MONTHS.items()),
        initial=initial,
        required=False,
        widget=forms.RadioSelect,
    )


def _end_field() -> forms.DateField:
    return forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Only if you chose another day."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a date.")},
    )


class _EndDateForm(forms.Form):
    """A last day, which becomes the first instant after it."""

    at: datetime

    def clean_until(self) -> datetime | None:
        """Of the months that were chosen before it, or else the day that was entered."""
        day: date | None = self.cleaned_data["until"]
        if months := self.cleaned_data.get("months"):
            zone = timezone.get_default_timezone()
            day = timezone.localdate(shifted(self.at, int(months), "mo", zone))
        if day is None:
            return None
        if day >= (self.at + LONGEST_DELEGATE).date():
            raise forms.ValidationError(_("Choose a day within five years."))
        end = days(None, day + timedelta(days=1)).end
        assert end is not None
        if end <= self.at:
            raise forms.ValidationError(_("Choose a day to come."))
        return end


class InviteForm(_EndDateForm):
    """Whom to invite, to what, as what. `months`, `until` and `may_share` count for a delegate alone."""

    email = AddressField(label=_("E-mail address"), missing=_("Enter an e-mail address."), is_own=False)
    account = forms.ChoiceField(label=_("For"))
    number = forms.CharField(
        label=_("Account number"),
        required=False,
        max_length=50,
        help_text=_("Only for one account. It stands at the top of the bill."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=_("What they may do"),
        choices=[(role, title) for role, (title, _sentence) in CONSEQUENCES.items()],
        initial=Role.VIEWER,
        widget=forms.RadioSelect,
    )
    may_share = forms.BooleanField(label=_("They may share data with companies"), required=False)
    months = _months_field("3")
    until = _end_field()

    def __init__(
        self, *args: object, at: datetime, scope: InvitableScope, user: User, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what Django's forms take
        self.at, self.user = at, user
        self.scopes: dict[str, tuple[Customer, BillingAccount | None]] = {
            **{f"{_ALL}-{customer.public_id}": (customer, None) for customer in scope.customers},
            **{account.public_id: (account.customer, account) for account in scope.accounts},
        }
        choices = [(key, _name(*offer, alone=not scope.several)) for key, offer in self.scopes.items()]
        if scope.by_number:
            choices.insert(0, (_BY_NUMBER, _("One account, by its number")))
        else:
            del self.fields["number"]
        self.fields["account"].choices = choices  # type: ignore[attr-defined]  # declared above

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("role") == Role.DELEGATE and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("A delegate needs a last day."))
        if cleaned.get("role") != Role.DELEGATE:
            cleaned["until"], cleaned["may_share"] = None, False
        if cleaned.get("account") == _BY_NUMBER:
            account = offered_account(user=self.user, number=str(cleaned.get("number", "")), at=self.at)
            if account is None:
                self.add_error("number", _("You own no account with this number."))
            else:
                self.scopes[_BY_NUMBER] = (account.customer, account)
        elif cleaned.get("number"):
            self.add_error("number", _("Leave this empty, or choose “One account, by its number” above."))
        return cleaned

    @property
    def cards(self) -> list[tuple[forms.boundfield.BoundWidget, str, object]]:
        """Each role's radio button with its value and the sentence that says what follows from it."""
        sentences = [(role, sentence) for role, (_title, sentence) in CONSEQUENCES.items()]
        return [(button, *words) for button, words in zip(self["role"], sentences, strict=True)]

    @property
    def offered(self) -> Offered:
        cleaned = self.cleaned_data
        customer, account = self.scopes[cleaned["account"]]
        return Offered(customer, account, cleaned["role"], cleaned["may_share"], cleaned["until"])


class DelegateForm(_EndDateForm):
    """Another end for a delegate, and whether they may share."""

    months = _months_field("")
    until = _end_field()
    may_share = forms.BooleanField(label=_("They may share data with companies"), required=False)

    def __init__(self, *args: object, at: datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what Django's forms take
        self.at = at

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("A delegate needs a last day."))
        return cleaned


def _name(customer: Customer, account: BillingAccount | None, *, alone: bool) -> object:
    if account is None:
        return _("All accounts") if alone else _("All accounts of %(name)s") % {"name": customer.name}
    return " ".join(filter(None, (account.account_number, account.name)))
