"""Messages with third parties: what waits for an answer first; and the people who are a third party's contacts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Model, Q, QuerySet, When
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ask, to_page
from accounts.admin.base import ActingAdmin, link_to, links_to
from accounts.admin.logged import LoggedAdmin
from accounts.current_user import current_user
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.admin.ask_for_more import ASK_FOR_MORE, AskForMoreForm
from consent.mail.client_messages import MessageRefused, notify
from consent.models import Client, ClientContact, Message, MessageAttachment, MessageStatus, Review
from consent.pages.attachment_field import AttachmentField
from consent.services.third_parties.threads import answer, ask_for_more, ask_registration

_CHANGE = "consent.change_message"
_SMALL_FILE = 1024 * 1024  # larger ones go through the files API (R-101s)


class _AnswerForm(forms.Form):
    text = forms.CharField(
        label=_("Your answer"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    file = AttachmentField(
        label=_("A file"),
        required=False,
        most_bytes=_SMALL_FILE,
        too_large=_(
            "A file of more than 1 MB goes under “Files for third parties”, where the third party fetches it."
        ),
    )


class _QuestionForm(AskForMoreForm):
    client = forms.ModelChoiceField(Client.objects.order_by("name"), label=_("To"))
    subject = forms.CharField(label=_("Subject"), max_length=200, validators=[validate_one_line])
    field_order = ("client", "subject", "text", "items")


class _NotificationForm(forms.Form):
    client = forms.ModelChoiceField(Client.objects.order_by("name"), label=_("To"))
    subject = forms.CharField(label=_("Subject"), max_length=200, validators=[validate_one_line])
    text = forms.CharField(label=_("Text"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}))


@admin.register(Message)
class MessageAdmin(ActingAdmin):
    """Threads. No message is edited or deleted."""

    act_permission = _CHANGE
    list_display = ("__str__", "company_page", "type", "status", "modified")
    list_filter = ("status", "type", "client")
    list_select_related = ("client", "registration")
    search_fields = ("name__icontains", "client__name__istartswith")
    fields = readonly_fields = (
        "name", "company_page", "registration_page", "type", "status", "thread_text", "reviews_shown",
    )  # fmt: skip
    actions_list = ("write", "ask_company")
    actions_detail = ("reply", "ask_more")
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).filter(first=None)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        waits = Case(When(status=MessageStatus.PENDING, then=0), default=1)
        return (waits.asc(), "-modified", "-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("company"), ordering="client__name")
    def company_page(self, message: Message) -> str:
        return link_to(message.client or message.registration)

    @admin.display(description=_("third party"))
    def registration_page(self, message: Message) -> str:
        return link_to(message.registration)

    @admin.display(description=_("reviews"))
    def reviews_shown(self, message: Message) -> str:
        reviews = Review.objects.filter(Q(message=message) | Q(message__first=message))
        return links_to(reviews.select_related("registration").order_by("pk"))

    @admin.display(description=_("messages"))
    def thread_text(self, message: Message) -> str:
        thread = Message.objects.filter(Q(pk=message.pk) | Q(first=message)).select_related(
            "author", "client", "creator", "registration"
        )
        return render_to_string(
            "admin/consent/thread.html", {"rows": thread.prefetch_related("attachments").order_by("pk")}
        )

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("write/", self.admin_site.admin_view(self.write_page), name="consent_message_write"),
            path(
                "<int:pk>/reply/", self.admin_site.admin_view(self.reply_page), name="consent_message_reply"
            ),
            path("ask/", self.admin_site.admin_view(self.ask_page), name="consent_message_ask"),
            path("<int:pk>/ask/", self.admin_site.admin_view(self.more_page), name="consent_message_more"),
            path(
                "files/<int:pk>/",
                self.admin_site.admin_view(self.file_page),
                name="consent_message_file",
            ),
        ]
        return [*own, *super().get_urls()]

    @action(description=_("Write to a company"), permissions=["act"])
    def write(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:consent_message_write")

    @action(description=_("Answer"), permissions=["act"])
    def reply(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_message_reply", object_id)

    @action(description=_("Ask a company for something"), permissions=["act"])
    def ask_company(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:consent_message_ask")

    @action(description=_("Ask for more"), permissions=["act"])
    def ask_more(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_message_more", object_id)

    def ask_page(self, request: HttpRequest) -> HttpResponse:
        """A request with what is needed item by item, which program or people of the company answer."""
        self._must_act(request)
        form = _QuestionForm(request.POST or None)
        back = reverse("admin:consent_message_changelist")
        if not form.is_valid():
            return ask(
                request,
                self.admin_site,
                title=_("Ask a company for something"),
                text=ASK_FOR_MORE,
                button=_("Send"),
                back=back,
                form=form,
            )
        client = form.cleaned_data["client"]
        written = ask_registration(
            registration=client.registration,
            client=client,
            subject=form.cleaned_data["subject"],
            items=form.cleaned_data["items"],
            text=form.cleaned_data["text"],
            by=current_user(request),
            at=clock.now(),
        )
        self.log_act(request, written, "asked a company")
        messages.success(request, _("Sent."))
        return redirect(back)

    def more_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._must_act(request)
        thread = get_object_or_404(Message, pk=pk, first=None)
        form = AskForMoreForm(request.POST or None)
        back = reverse("admin:consent_message_change", args=[pk])
        if not form.is_valid():
            return ask(
                request,
                self.admin_site,
                title=": ".join((str(_("Ask for more")), str(thread))),
                text=ASK_FOR_MORE,
                button=_("Send"),
                back=back,
                form=form,
            )
        ask_for_more(
            message=thread,
            items=form.cleaned_data["items"],
            text=form.cleaned_data["text"],
            by=current_user(request),
            at=clock.now(),
        )
        self.log_act(request, thread, "asked for more")
        messages.success(request, _("Sent."))
        return redirect(back)

    def file_page(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A file of a message, always as a download: what it is its sender says."""
        if not request.user.has_perm("consent.view_message"):
            raise PermissionDenied
        row = get_object_or_404(MessageAttachment, pk=pk)
        self.log_act(request, row.message, f"file {row.public_id} downloaded")
        return FileResponse(
            row.file.open("rb"), as_attachment=True, filename=row.filename, content_type=row.mime_type
        )

    def write_page(self, request: HttpRequest) -> HttpResponse:
        """A notification, which the company's contacts get a mail about."""
        self._must_act(request)
        form = _NotificationForm(request.POST or None)
        back = reverse("admin:consent_message_changelist")
        if not form.is_valid():
            text = _("The contacts of the company see it on their pages and get a mail that it is there.")
            title = _("Write to a company")
            return ask(
                request, self.admin_site, title=title, text=text, button=_("Send"), back=back, form=form
            )
        fields = form.cleaned_data
        written = notify(
            client=fields["client"],
            subject=fields["subject"],
            text=fields["text"],
            at=clock.now(),
            by=current_user(request),
        )
        self.log_act(request, written, "written to a company")
        messages.success(request, _("Sent."))
        return redirect(back)

    def reply_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._must_act(request)
        thread = get_object_or_404(Message, pk=pk, first=None)
        form = _AnswerForm(request.POST or None, request.FILES or None)
        back = reverse("admin:consent_message_change", args=[pk])
        if not form.is_valid():
            title = ": ".join((str(_("Answer")), str(thread)))
            return ask(
                request,
                self.admin_site,
                title=title,
                text=thread.description,
                button=_("Send"),
                back=back,
                form=form,
            )
        try:
            answer(
                thread=thread,
                by=current_user(request),
                by_client=False,
                text=form.cleaned_data["text"],
                attachments=[form.cleaned_data["file"]] if form.cleaned_data["file"] else (),
                at=clock.now(),
            )
        except MessageRefused as refused:
            messages.error(request, str(refused))
        else:
            self.log_act(request, thread, "answered")
            messages.success(request, _("Sent."))
        return redirect(back)

    def _must_act(self, request: HttpRequest) -> None:
        if not request.user.has_perm(_CHANGE):
            raise PermissionDenied


@admin.register(ClientContact)
class ClientContactAdmin(LoggedAdmin):
    """Who of a company sees its client under /developer/, may renew its secret and write to the utility."""

    list_display = ("client", "user", "created")
    list_select_related = ("client", "user")
    list_filter = ("client",)
    autocomplete_fields = ("client", "user")
    fields = ("client", "user")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A contact is added or removed, never turned into another."""
        return obj is None and super().has_change_permission(request, obj)
