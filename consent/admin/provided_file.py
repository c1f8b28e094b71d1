"""Files for third parties: staff upload one, let its third party fetch it, and take it back (R-36)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Model
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import PortalAdmin, link_to, links_to
from accounts.current_user import current_user
from accounts.models import User
from cdsc_portal.lib.time import clock
from consent.models import ProvidedFile
from consent.queries.provided_files import open_grants_of
from consent.services.clients import ClientChangeRefused
from consent.services.third_parties.provided_files import describe_file, grant_files, store_file, take_back

_MAY = "consent.change_providedfile"
_LARGEST = 100 * 2**20  # bytes


class ProvidedFileForm(forms.ModelForm):
    upload = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "Up to 100 MB. What is uploaded stays as it is; for another version upload another file."
        ),
    )

    class Meta:
        model = ProvidedFile
        fields = ("registration", "name", "description")
        help_texts = {"name": _("The third party keeps the file under this name, such as report.pdf.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields.pop("upload", None)

    def clean_upload(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["upload"]
        if (file.size or 0) > _LARGEST:
            raise forms.ValidationError(_("The file is larger than 100 MB."))
        return file


@admin.register(ProvidedFile)
class ProvidedFileAdmin(PortalAdmin):
    """A file is read by nobody until it is granted; texts can be corrected, the content stays."""

    form = ProvidedFileForm
    list_display = ("name", "registration_page", "size", "created", "modified")
    list_select_related = ("registration",)
    search_fields = ("name__istartswith", "public_id__exact")
    autocomplete_fields = ("registration",)
    actions_detail = ("let_fetch", "take_it_back")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("registration", "name", "description", "upload")
        return (
            "public_id", "registration_page", "name", "description", "mime_type", "size", "digest", "take_away",
            "grants_shown", "created", "modified",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return (
            "public_id", "registration_page", "mime_type", "size", "digest", "take_away", "grants_shown", "created",
            "modified",
        )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        wrapped = self.admin_site.admin_view
        own = [
            path("<int:pk>/grant/", wrapped(self.grant_page), name="consent_providedfile_grant"),
            path("<int:pk>/take-back/", wrapped(self.take_back_page), name="consent_providedfile_take_back"),
            path("<int:pk>/content/", wrapped(self.content), name="consent_providedfile_content"),
        ]
        return [*own, *super().get_urls()]

    def save_model(
        self, request: HttpRequest, obj: ProvidedFile, form: forms.ModelForm, change: bool
    ) -> None:
        if change:
            describe_file(file=obj, name=obj.name, description=obj.description, at=clock.now())
            return
        stored = store_file(
            registration=obj.registration,
            name=obj.name,
            description=obj.description,
            content=form.cleaned_data["upload"],
            at=clock.now(),
        )
        obj.__dict__.update(stored.__dict__)

    def has_grant_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_MAY)

    @action(description=_("Let it be fetched"), permissions=["grant"])
    def let_fetch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_providedfile_grant", object_id)

    @action(description=_("Take it back"), permissions=["grant"])
    def take_it_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_providedfile_take_back", object_id)

    def grant_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._act(
            request,
            pk,
            button=_("Let it be fetched"),
            text=_(
                "The third party gets a grant of this file and a message about it. It can fetch it at once."
            ),
            do=lambda file, by: grant_files(files=[file], by=by, at=clock.now()),
        )

    def take_back_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._act(
            request,
            pk,
            button=_("Take it back"),
            text=_(
                "No grant opens it from the next call on. What was fetched before, the third party keeps."
            ),
            do=lambda file, by: take_back(file=file, by=by, at=clock.now()),
        )

    def _act(
        self,
        request: HttpRequest,
        pk: int,
        *,
        button: str | Promise,
        text: str | Promise,
        do: Callable[[ProvidedFile, User], object],
    ) -> HttpResponse:
        if not request.user.has_perm(_MAY):
            raise PermissionDenied
        file = get_object_or_404(ProvidedFile.objects.select_related("registration"), pk=pk)
        back = reverse("admin:consent_providedfile_change", args=[pk])
        form = ReasonForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return ask(
                request,
                self.admin_site,
                title=f"{button}: {file}",
                text=text,
                lines=[str(file.registration)],
                button=button,
                back=back,
                form=form,
            )
        try:
            with transaction.atomic():
                do(file, current_user(request))
                self.log_act(request, file, f"{button}", reason=form.cleaned_data["reason"])
        except ClientChangeRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Done."))
        return redirect(back)

    def content(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The file itself; taking it is logged."""
        file = get_object_or_404(ProvidedFile, pk=pk)
        if not self.has_view_permission(request, file):
            raise PermissionDenied
        self.log_export(request, "a file for a third party", on=file)
        return FileResponse(
            file.file.open("rb"), as_attachment=True, filename=file.name, content_type=file.mime_type
        )

    @admin.display(description=_("third party"), ordering="registration__name")
    def registration_page(self, file: ProvidedFile) -> str:
        return link_to(file.registration)

    @admin.display(description=_("content"))
    def take_away(self, file: ProvidedFile) -> str:
        url = reverse("admin:consent_providedfile_content", args=[file.pk])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, _("Take the file")
        )

    @admin.display(description=_("grants that open it"))
    def grants_shown(self, file: ProvidedFile) -> str:
        return links_to(open_grants_of(file))
