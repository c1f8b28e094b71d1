"""Third parties as they registered, what registration asks for, and what waits for staff."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import ReadOnlyAdmin, link_to, links_to
from accounts.admin.logged import LoggedAdmin
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Client, RefusedCalls, Registration, RegistrationField, RegistrationFile
from consent.services.clients import ClientChangeRefused
from consent.services.third_parties.refused_calls import shown_from
from consent.services.third_parties.register import give_apis

_GIVE = "consent.change_client"
_REFUSALS_SHOWN = 20


@admin.register(RegistrationField)
class RegistrationFieldAdmin(LoggedAdmin):
    """What a registration asks for. A field that was asked for stays: registrations name it."""

    list_display = ("field_id", "type", "field_name", "format", "modified")
    list_filter = ("type",)
    fields = (
        "field_id", "type", "description", "documentation", "field_name", "format", "default", "max_length",
        "max_size", "amount", "currency", "start_uri",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("field_id", "type", "field_name") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: ANN401
        obj.modified = clock.now()
        super().save_model(request, obj, form, change)


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    """A third party with its objects, steps and what waits of it; one that staff registered can be given its APIs."""

    actions_detail = ("give_apis",)
    list_display = ("name", "flagged", "created", "modified")
    list_filter = ("flagged",)
    search_fields = ("^name", "public_id__exact")
    fields = readonly_fields = (
        "public_id", "name", "flagged", "values", "objects_shown", "steps_shown", "files_shown", "reviews_shown",
        "refused_calls_shown", "created", "modified",
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.apis_page)
        return [path("<int:pk>/apis/", page, name="consent_registration_apis"), *super().get_urls()]

    def has_give_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_GIVE)

    @action(description=_("Give it the APIs"), permissions=["give"])
    def give_apis(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_registration_apis", object_id)

    def apis_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An object for the APIs, whose secret the answer shows once."""
        if not request.user.has_perm(_GIVE):
            raise PermissionDenied
        registration = get_object_or_404(Registration, pk=pk)
        back = reverse("admin:consent_registration_change", args=[pk])
        title = _("The APIs of %s") % registration.name
        form = ReasonForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return ask(
                request,
                self.admin_site,
                title=title,
                text=_("Its program can then read and change its objects, secrets, messages and grants."),
                button=_("Give it the APIs"),
                back=back,
                form=form,
            )
        try:
            with transaction.atomic():
                made, secret = give_apis(registration=registration, at=clock.now())
                self.log_act(request, registration, "give_apis", reason=form.cleaned_data["reason"])
        except ClientChangeRefused as refused:
            messages.error(request, str(refused))
            return redirect(back)
        context = {"title": title, "client": made, "secret": secret, "onward": back}
        response = TemplateResponse(
            request,
            "admin/consent/client_secret.html",
            {**self.admin_site.each_context(request), **context},
        )
        add_never_cache_headers(response)
        return response

    @admin.display(description=_("objects"))
    def objects_shown(self, registration: Registration) -> str:
        """Each with what tells it from others of its name: its id, its status and how many scopes it has."""
        objects = (
            (link_to(client), client.client_id, client.get_status_display(), _scopes(client))
            for client in registration.clients.order_by("pk")
        )
        return format_html_join("", "<div>{} <code>{}</code> · {} · {}</div>", objects) or "-"

    @admin.display(description=_("steps"))
    def steps_shown(self, registration: Registration) -> str:
        return links_to(registration.steps.select_related("field", "registration"))

    @admin.display(description=_("files"))
    def files_shown(self, registration: Registration) -> str:
        return links_to(registration.files.defer("content").select_related("field", "registration"))

    @admin.display(description=_("reviews"))
    def reviews_shown(self, registration: Registration) -> str:
        return links_to(registration.reviews.select_related("registration"))

    @admin.display(description=_("refused calls of the last 30 days"))
    def refused_calls_shown(self, registration: Registration) -> str:
        """The last ones, as its people read them at /developer/."""
        refused = RefusedCalls.objects.filter(
            client__registration=registration, day__gte=shown_from(clock.now())
        )
        lines = (
            (
                moment_in_words(row.last_at),
                row.status,
                row.code,
                row.resource,
                row.calls,
                row.client.client_id,
                row.reference,
            )
            for row in refused.select_related("client").order_by("-last_at", "-pk")[:_REFUSALS_SHOWN]
        )
        line = "<div>{} · {} <code>{}</code> · {} · {} × · <code>{}</code> · <code>{}</code></div>"
        return format_html_join("", line, lines) or "-"


def _scopes(client: Client) -> str:
    count = len(client.allowed_scopes)
    return ngettext("%d scope", "%d scopes", count) % count


@admin.register(RegistrationFile)
class RegistrationFileAdmin(ReadOnlyAdmin):
    list_display = ("field", "registration_page", "mime_type")
    list_select_related = ("field", "registration")
    fields = readonly_fields = ("registration_page", "field", "mime_type", "digest")

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return super().get_queryset(request).defer("content")

    @admin.display(description=_("third party"))
    def registration_page(self, file: RegistrationFile) -> str:
        return link_to(file.registration)
