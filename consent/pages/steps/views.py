"""The pages of registration steps: whoever has the link takes the step, as often as it opens (R-47)."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.current_user import current_user
from cdsc_portal.lib.http.call_limits import count_call
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.time import clock
from consent.mail.step_email import mail_confirmation
from consent.models import FieldType, Message
from consent.pages.attachment_field import AttachmentField
from consent.pages.redirects import SeeOther
from consent.pages.steps.page import StepPage, step_page
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.steps import StepOver, confirm_address, name_address, submit_step
from consent.step_links import step_key

_SALT = "consent.pages.steps.email"
_CONFIRMED_WITHIN = 24 * 60 * 60
_MAILS_PER_MINUTE = 3  # of one step


class AnswerForm(forms.Form):
    """What a form asks for, in words, with a file where there is one."""

    text = forms.CharField(label=_("Your answer"), max_length=10_000, widget=forms.Textarea)
    file = AttachmentField(label=_("A file"), required=False)


class PaymentForm(forms.Form):
    text = forms.CharField(label=_("Number of your payment, from your bank or card"), max_length=200)


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254)


_FORMS: dict[str, type[forms.Form]] = {
    FieldType.PAYMENT_REQUIRED: PaymentForm,
    FieldType.EMAIL_VERIFICATION: EmailForm,
    FieldType.SSO_VERIFICATION: forms.Form,
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shows_secret
def step(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows the step, its form, or how far it is; POST hands it in. 410 once the link is over."""
    page = _page(key)
    if page.is_over:
        return render(request, "consent/steps/over.html", {"page": page}, status=410)
    form = _FORMS.get(page.kind, AnswerForm)(
        request.POST if request.method == "POST" else None, request.FILES or None
    )
    is_signed_in = request.user.is_authenticated
    if request.method == "POST" and page.is_open and form.is_valid():
        if page.needs_login and not is_signed_in:
            return SeeOther(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
        if _hand_in(request, page, form):
            return SeeOther(request.path)
    login = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
    context = {"page": page, "form": form, "login": login, "is_signed_in": is_signed_in}
    return render(request, "consent/steps/step.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shows_secret
def confirm(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """The link of the mail: GET shows one button, which programs that open links do not press; POST confirms."""
    page = _page(key)
    try:
        named = signing.loads(code, salt=_SALT, max_age=_CONFIRMED_WITHIN)
    except signing.BadSignature as error:
        raise Http404 from error
    submission = get_object_or_404(
        Message.objects.select_related("previous"), public_id=named, previous=page.message
    )
    if request.method == "POST":
        confirm_address(submission=submission, at=clock.now())
        messages.success(request, _("The address is confirmed."))
        return SeeOther(reverse("registration_step", args=[key]))
    address = submission.updates_requested[0]["description"]
    return render(request, "consent/steps/confirm.html", {"page": page, "address": address})


def _page(key: str) -> StepPage:
    page = step_page(key, at=clock.now())
    if page is None:
        raise Http404
    return page


def _hand_in(request: HttpRequest, page: StepPage, form: forms.Form) -> bool:
    """Whether it was taken; where not, the form says why."""
    at, fields = clock.now(), form.cleaned_data
    if page.is_email:
        if count_call(f"step mail {page.message.public_id}", limit=_MAILS_PER_MINUTE, at=at).wait:
            form.add_error(None, _("Too many mails. Try again in a minute."))
            return False
        try:
            named = name_address(message=page.message, address=fields["email"], at=at)
        except StepOver:
            form.add_error(None, _("Too many addresses. Ask the utility."))
            return False
        code = signing.dumps(named.public_id, salt=_SALT)
        mail_confirmation(
            submission=named,
            address=fields["email"],
            path=reverse("registration_step_email", args=[step_key(page.message), code]),
            language=get_language() or "en",
            at=at,
        )
        messages.success(request, _("We sent a link to this address. It works for a day."))
        return True
    try:
        submit_step(
            message=page.message,
            text=fields.get("text") or f"Logged in as {current_user(request).public_id}.",
            attachments=[fields["file"]] if fields.get("file") else (),
            by=current_user(request) if page.needs_login else None,
            at=at,
        )
    except (StepOver, ValueRefused) as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _("Sent. The utility looks at it."))
    return True
