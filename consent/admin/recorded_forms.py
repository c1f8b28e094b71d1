"""The forms with which a consent by phone or on paper is written down."""

from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.models import User
from accounts.queries.roles import shareable_contracts
from cdsc_portal.lib.time import clock
from consent.models import Client, ClientStatus, RecordedHow
from consent.scopes.catalogue import SCOPES
from consent.services.recording import Agreed, Proof

_PROOF_TYPES = (".pdf", ".png", ".jpg", ".jpeg", ".mp3", ".m4a", ".wav", ".ogg")
_PROOF_BYTES = 20 << 20


class PersonForm(forms.Form):
    """Whom the consent is of."""

    email = forms.EmailField(label=_("E-mail address with which the customer logs in"))
    person: User

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        person = User.objects.filter(email=email, is_active=True, is_staff=False).first()
        if person is None:
            raise forms.ValidationError(_("Nobody logs in with this address. Invite the person first."))
        self.person = person
        return email


class AgreedForm(forms.Form):
    """Which company gets which data of which services, and for how long. The customer's words, no defaults."""

    client = forms.ModelChoiceField(
        Client.objects.filter(status=ClientStatus.PRODUCTION).order_by("name"), label=_("Company")
    )
    scopes = forms.MultipleChoiceField(label=_("Data"), widget=forms.CheckboxSelectMultiple)
    contracts = forms.MultipleChoiceField(label=_("Services"), widget=forms.CheckboxSelectMultiple)
    first = forms.DateField(
        label=_("First day of the data"), required=False, help_text=_("Empty: everything on record.")
    )
    last = forms.DateField(
        label=_("Last day"), required=False, help_text=_("Empty: what there is today, one time.")
    )

    def __init__(self, person: User, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        owned = shareable_contracts(user=person, at=clock.now()).order_by("contract_number")
        choices: list[tuple[str, str]] = [
            (c.contract_number, f"{c.contract_number}, {c.get_commodity_display()}, {c.address}")
            for c in owned
        ]
        self.fields["contracts"].choices = choices  # type: ignore[attr-defined]  # declared above
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # declared above
            (scope.id, scope.title) for scope in SCOPES.values()
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned

    def agreed(self) -> Agreed:
        """Of a valid form."""
        fields = self.cleaned_data
        return Agreed(tuple(fields["scopes"]), tuple(fields["contracts"]), fields["first"], fields["last"])


class ProofForm(forms.Form):
    """How it was given, and what shows it."""

    how = forms.ChoiceField(label=_("How"), choices=RecordedHow.choices, widget=forms.RadioSelect)
    given_at = forms.DateTimeField(label=_("When the customer agreed"))
    proof_file = forms.FileField(
        label=_("Scan or recording"),
        required=False,
        help_text=_("PDF, picture or sound, 20 MB at most."),
        widget=UnfoldAdminFileFieldWidget,
    )
    proof_reference = forms.CharField(label=_("or where the proof is kept"), required=False, max_length=200)
    was_read = forms.BooleanField(label=_("I read the words above to the customer, or they signed them"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["given_at"].widget = forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}
        )

    def clean_given_at(self) -> Any:  # noqa: ANN401 - a moment
        given = self.cleaned_data["given_at"]
        if given > clock.now() + timedelta(minutes=1):
            raise forms.ValidationError(_("This time is still to come."))
        return min(given, clock.now())

    def clean_proof_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["proof_file"]
        if file is None:
            return None
        if PurePath(file.name or "").suffix.lower() not in _PROOF_TYPES or (file.size or 0) > _PROOF_BYTES:
            raise forms.ValidationError(_("Only a PDF, a picture or a sound file of at most 20 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("proof_file") and not cleaned.get("proof_reference"):
            self.add_error("proof_reference", _("Add a file, or say where the proof is kept."))
        return cleaned

    def proof(self) -> Proof:
        """Of a valid form."""
        fields = self.cleaned_data
        return Proof(fields["how"], fields["given_at"], fields["proof_file"], fields["proof_reference"])


class RefuseForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
