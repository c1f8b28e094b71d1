"""Messages with the utility, as the people of a third party read and write them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from accounts.models import User
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.mail.client_messages import MessageRefused
from consent.models import Client, Message, MessageAttachment, MessageType
from consent.pages.attachment_field import AttachmentField
from consent.pages.developer.page import clients_of, thread_of, thread_page
from consent.pages.redirects import SeeOther
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.messages import Draft, write_message
from consent.services.third_parties.threads import answer, mark_thread, write_to_utility

_LONGEST_TEXT = 10_000


class NewMessageForm(forms.Form):
    """A message to the utility about one of the writer's clients."""

    client = forms.ModelChoiceField(
        Client.objects.none(), label=_("About"), to_field_name="public_id", empty_label=None
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, validators=[validate_one_line])
    text = forms.CharField(label=_("Your message"), max_length=_LONGEST_TEXT, widget=forms.Textarea)
    file = AttachmentField(label=_("A file"), required=False)


class AnswerForm(forms.Form):
    text = forms.CharField(label=_("Your answer"), max_length=_LONGEST_TEXT, widget=forms.Textarea)
    file = AttachmentField(label=_("A file"), required=False)


class RequestedForm(forms.Form):
    """A field for each value that the utility asks for."""

    file = AttachmentField(label=_("A file"), required=False)

    def __init__(self, *args: Any, request: Message, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        wanted = {
            update["field"]: forms.CharField(
                label=update["name"],
                help_text=update["description"],
                max_length=_LONGEST_TEXT,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            for update in request.updates_requested
        }
        self.names = list(wanted)
        self.fields = {**wanted, **self.fields}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def new_message(request: HttpRequest) -> HttpResponse:
    """Write to the utility. 404 for a person who is no client's contact."""
    user = current_user(request)
    form = NewMessageForm(*_sent(request))
    form.fields["client"].queryset = clients_of(user)  # type: ignore[attr-defined]  # a choice of models
    if not form.fields["client"].queryset.exists():  # type: ignore[attr-defined]
        raise Http404
    if not form.is_valid():
        return render(request, "consent/developer/new_message.html", {"form": form})
    fields = form.cleaned_data
    written = write_to_utility(
        client=fields["client"],
        by=user,
        subject=fields["subject"],
        text=fields["text"],
        attachments=_files(form),
        at=clock.now(),
    )
    messages.success(request, _("Your message was sent."))
    return SeeOther(reverse("developer_message", args=[written.public_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def message(request: HttpRequest, public_id: str) -> HttpResponse:
    """A thread; POST adds an answer, or hands in what the utility asks for. A GET marks it as read."""
    user = current_user(request)
    try:
        first = thread_of(user=user, public_id=public_id)
    except Message.DoesNotExist as error:
        raise Http404 from error
    if request.method == "POST" and "unread" in request.POST:
        mark_thread(thread=first, read=False, at=clock.now())
        return SeeOther(reverse("developer"))
    page = thread_page(first)
    form = (
        RequestedForm(*_sent(request), request=page.open_request)
        if page.open_request
        else AnswerForm(*_sent(request))
    )
    if form.is_valid():
        _write(request, first, page.open_request, form, user)
        return SeeOther(reverse("developer_message", args=[public_id]))
    mark_thread(thread=first, read=True, at=clock.now())
    return render(request, "consent/developer/message.html", {"thread": page, "form": form})


@require_safe
@login_required
@never_cache
@shows_secret
def attachment(request: HttpRequest, public_id: str, attachment_id: str) -> HttpResponseBase:
    """A file of a message of the reader's third party, always as a download. 404 for every other."""
    own = MessageAttachment.objects.filter(
        message__public_id=public_id, message__registration__contacts__user=current_user(request)
    )
    row = get_object_or_404(own.distinct(), public_id=attachment_id)
    return FileResponse(
        row.file.open("rb"), as_attachment=True, filename=row.filename, content_type=row.mime_type
    )


def _write(
    request: HttpRequest, first: Message, open_request: Message | None, form: forms.Form, user: User
) -> None:
    """Store what a valid form says, and say on the next page how that went."""
    try:
        if isinstance(form, RequestedForm):
            assert first.registration is not None
            updates = [
                {"field": name, "name": "", "description": form.cleaned_data[name]} for name in form.names
            ]
            draft = Draft(
                type=MessageType.CLIENT_SUBMISSION,
                previous=open_request,
                updates=updates,
                attachments=_files(form),
            )
            write_message(registration=first.registration, draft=draft, author=user, at=clock.now())
        else:
            answer(
                thread=first,
                by=user,
                by_client=True,
                text=form.cleaned_data["text"],
                attachments=_files(form),
                at=clock.now(),
            )
    except (MessageRefused, ValueRefused) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Your answer was sent."))


def _sent(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _files(form: forms.Form) -> list[Any]:
    return [form.cleaned_data["file"]] if form.cleaned_data["file"] else []
