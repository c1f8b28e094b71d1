"""Third parties as they registered, what registration asks for, and what waits for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, link_to, links_to
from accounts.admin.logged import LoggedAdmin
from cdsc_portal.lib.time import clock
from consent.models import Registration, RegistrationField, RegistrationFile, RegistrationStep, Review


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
    """A third party with its objects, steps and what waits of it."""

    list_display = ("name", "flagged", "created", "modified")
    list_filter = ("flagged",)
    search_fields = ("^name", "public_id__exact")
    fields = readonly_fields = (
        "public_id", "name", "flagged", "values", "objects_shown", "steps_shown", "files_shown", "reviews_shown",
        "created", "modified",
    )  # fmt: skip

    @admin.display(description=_("objects"))
    def objects_shown(self, registration: Registration) -> str:
        return links_to(registration.clients.order_by("pk"))

    @admin.display(description=_("steps"))
    def steps_shown(self, registration: Registration) -> str:
        return links_to(registration.steps.select_related("field", "registration"))

    @admin.display(description=_("files"))
    def files_shown(self, registration: Registration) -> str:
        return links_to(registration.files.defer("content").select_related("field", "registration"))

    @admin.display(description=_("reviews"))
    def reviews_shown(self, registration: Registration) -> str:
        return links_to(registration.reviews.select_related("registration"))


@admin.register(RegistrationStep)
class RegistrationStepAdmin(ReadOnlyAdmin):
    list_display = ("field", "registration_page", "status", "modified")
    list_select_related = ("field", "registration")
    list_filter = ("status",)
    fields = readonly_fields = ("registration_page", "field", "status", "message", "created", "modified")

    @admin.display(description=_("third party"))
    def registration_page(self, step: RegistrationStep) -> str:
        return link_to(step.registration)


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


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """What waits for staff, the oldest first, and what they decided."""

    list_display = ("registration_page", "kind", "status", "client", "created", "decided", "decided_by")
    list_select_related = ("registration", "client", "decided_by")
    list_filter = ("status", "kind")
    fields = readonly_fields = (
        "public_id", "registration_page", "client", "kind", "status", "changes", "message", "created", "decided",
        "decided_by", "reason",
    )  # fmt: skip

    @admin.display(description=_("third party"))
    def registration_page(self, review: Review) -> str:
        return link_to(review.registration)
