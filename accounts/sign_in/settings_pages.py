"""The page of settings: who one is, how pages look, what mail comes, and how one logs in."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.address_field import AddressField
from accounts.current_user import current_user
from accounts.models import NoticeKind, User
from accounts.pages.settings_page import settings_page
from accounts.queries.notice_choices import PERCENTS, USUAL_PERCENT, notice_choices
from accounts.services.choices import keep_choices
from accounts.services.contact import AddressTakenError, change_address, end_sessions
from accounts.services.mail_codes import PendingCode, WrongCodeError, check_code, send_code
from accounts.services.notices import keep_notices
from accounts.services.sign_in_locks import CodeSpentError, LockedError
from accounts.sign_in.activation import MailCodeForm
from accounts.sign_in.adapter import SPENT_CODE, locked_words
from accounts.sign_in.choices import set_choice
from accounts.sign_in.known_device import origin_of
from cdsc_portal.lib.http.themes import THEME_COOKIE
from cdsc_portal.lib.time import clock

_KEY = "new_address"


class ChoicesForm(forms.ModelForm):
    notices = forms.MultipleChoiceField(
        label=_("Notices by mail"),
        choices=NoticeKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    percent = forms.TypedChoiceField(
        label=_("High use begins at"),
        coerce=int,
        required=False,
        empty_value=USUAL_PERCENT,  # type: ignore[arg-type]  # the stubs know texts alone
    )

    class Meta:
        model = User
        fields = ("name", "language", "theme", "yearly_summary")
        labels = {
            "name": _("Your name"),
            "language": _("Language"),
            "theme": _("Display"),
            "yearly_summary": _("Once a year: the companies that can read your data"),
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["percent"].choices = [  # type: ignore[attr-defined]
            (percent, _now("%(percent)s percent above a usual week") % {"percent": percent})
            for percent in PERCENTS
        ]
        self.fields["theme"].choices = [  # type: ignore[attr-defined]
            ("", _("As my device is set")), ("light", _("Light")), ("dark", _("Dark")),
        ]  # fmt: skip


class AddressForm(forms.Form):
    email = AddressField(label=_("New e-mail address"))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_settings(request: HttpRequest) -> HttpResponse:
    """Everything on one page; what is sensitive leads to a page of its own."""
    user = current_user(request)
    read_now = {"language": translation.get_language()}  # the browser's wish, where nobody chose yet
    chosen = notice_choices(user=user)
    initial = {**read_now, "notices": sorted(chosen.on), "percent": chosen.percent}
    form = ChoicesForm(request.POST or None, instance=User.objects.get(pk=user.pk), initial=initial)
    if form.is_valid():
        values = dict(form.cleaned_data)
        keep_notices(user=user, on=values.pop("notices"), percent=values.pop("percent"), at=clock.now())
        keep_choices(user=user, **values)
        with translation.override(user.language):
            messages.success(request, _now("Your settings are saved."))
        response = redirect("my_settings")
        set_choice(response, settings.LANGUAGE_COOKIE_NAME, user.language)
        set_choice(response, THEME_COOKIE, user.theme)
        return response
    return render(request, "account/settings.html", {"form": form, "page": settings_page(user=user)})


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest) -> HttpResponse:
    """Ask for the new address and mail a code there: nothing changes until it comes back."""
    form = AddressForm(request.POST or None)
    if form.is_valid():
        try:
            user, address = current_user(request), form.cleaned_data["email"]
            origin = origin_of(request, address)
            pending = send_code(address=address, language=user.language, origin=origin, at=clock.now())
        except LockedError as locked:
            form.add_error("email", locked_words(locked))
        else:
            request.session[_KEY] = pending.as_dict()
            return redirect("my_email_code")
    return render(request, "account/new_address.html", {"form": form, "email": current_user(request).email})


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest) -> HttpResponse:
    stored = request.session.get(_KEY)
    if stored is None:
        return redirect("my_email")
    pending, form = PendingCode(**stored), MailCodeForm(request.POST or None)
    if form.is_valid():
        try:
            check_code(pending=pending, code=form.cleaned_data["code"], at=clock.now())
            change_address(user=current_user(request), email=pending.address)
        except WrongCodeError:
            form.add_error("code", _now("This code is not right, or too old."))
        except CodeSpentError:
            form.add_error("code", SPENT_CODE)
        except AddressTakenError:
            form.add_error("code", _now("Another login has this address already."))
        else:
            del request.session[_KEY]
            messages.success(request, _now("Your e-mail address is changed. Log in with it from now on."))
            return redirect("my_settings")
    return render(request, "account/new_address_code.html", {"form": form, "address": pending.address})


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Log out everywhere but here."""
    if request.method == "POST":
        user = current_user(request)
        end_sessions(user=user)
        update_session_auth_hash(request, user)
        messages.success(request, _now("You are logged out everywhere else."))
        return redirect("my_settings")
    return render(request, "account/end_sessions.html")
