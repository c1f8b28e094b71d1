"""What customers read of a third party changes: old and new are shown, and confirmed, before it goes live."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ActingAdmin
from cdsc_portal.lib.time import clock
from consent.models import Client
from consent.queries.clients import open_grants, waiting_for

READ_BY_CUSTOMERS = ("name", "purpose", "client_uri", "uri_confirmed", "terms_uri", "policy_uri")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """Old and new value of a field; `pieces` are words with their kind: same, removed or added."""

    label: str
    before: str
    after: str

    @property
    def pieces(self) -> list[tuple[str, str]]:
        before, after, pieces = self.before.split(), self.after.split(), []
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        for kind, i1, i2, j1, j2 in matcher.get_opcodes():
            if kind == "equal":
                pieces.append(("same", " ".join(before[i1:i2])))
                continue
            if i1 < i2:
                pieces.append(("removed", " ".join(before[i1:i2])))
            if j1 < j2:
                pieces.append(("added", " ".join(after[j1:j2])))
        return pieces


class ConfirmChangeAdmin(ActingAdmin):
    """Asks once more where a change is one that customers read; the form's values travel along."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and object_id and "confirmed" not in request.POST:
            client = self.get_object(request, unquote(object_id))
            changes = self._changes(request, client) if client else ()
            if client and changes:
                return self._confirmation(request, client, changes)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _changes(self, request: HttpRequest, client: Model) -> Sequence[FieldChange]:
        """What a valid form would change of what customers read; nothing for one with errors."""
        if not self.has_change_permission(request, client):
            return ()
        form = self.get_form(request, client, change=True)(request.POST, instance=client)
        if not form.is_valid():
            return ()
        return [
            FieldChange(
                label=str(form.fields[name].label or name),
                before=str(form.initial.get(name) or ""),
                after=str(form.cleaned_data[name] or ""),
            )
            for name in READ_BY_CUSTOMERS
            if name in form.changed_data
        ]

    def _confirmation(
        self, request: HttpRequest, client: Client, changes: Sequence[FieldChange]
    ) -> HttpResponse:
        posted = [(name, value) for name, values in request.POST.lists() for value in values]
        context = {
            **self.admin_site.each_context(request),
            "title": _("What customers read of %s changes") % Client.objects.get(pk=client.pk),
            "changes": changes,
            "hidden": [(name, value) for name, value in posted if name != "csrfmiddlewaretoken"],
            "grants": open_grants(client=client).count(),
            "waiting": waiting_for(client=client, at=clock.now()),
            "back": reverse("admin:consent_client_change", args=[client.pk]),
        }
        return TemplateResponse(request, "admin/consent/client_change.html", context)
