"""What customers read of a third party changes: old and new are shown before it goes live."""

import difflib
from collections.abc import Iterator, Sequence
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

SHOWN = ("name", "purpose", "client_uri", "uri_confirmed", "terms_uri", "policy_uri")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stay, go or come: `kind` is same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownChange:
    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


class ShownChangeAdmin(ActingAdmin):
    """Asks once more where a change reaches customers' eyes; the form's values travel along."""

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
                return self._asked(request, client, changes)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _changes(self, request: HttpRequest, client: Model) -> Sequence[ShownChange]:
        """What a valid form would change of what customers read; nothing for one with errors."""
        if not self.has_change_permission(request, client):
            return ()
        form = self.get_form(request, client, change=True)(request.POST, instance=client)
        before = {name: str(form.initial.get(name) or "") for name in SHOWN}
        if not form.is_valid():
            return ()
        return [
            _change(str(form.fields[name].label or name), before[name], str(form.cleaned_data[name] or ""))
            for name in SHOWN
            if name in form.changed_data
        ]

    def _asked(self, request: HttpRequest, client: Client, changes: Sequence[ShownChange]) -> HttpResponse:
        kept = [(name, value) for name, values in request.POST.lists() for value in values]
        context = {
            **self.admin_site.each_context(request),
            "title": _("What customers read of %s changes") % Client.objects.get(pk=client.pk),
            "changes": changes,
            "hidden": [pair for pair in kept if pair[0] != "csrfmiddlewaretoken"],
            "grants": open_grants(client=client).count(),
            "waiting": waiting_for(client=client, at=clock.now()),
            "back": reverse("admin:consent_client_change", args=[client.pk]),
        }
        return TemplateResponse(request, "admin/consent/client_change.html", context)


def _change(label: str, before: str, after: str) -> ShownChange:
    return ShownChange(label, before, after, tuple(_pieces(before.split(), after.split())))


def _pieces(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", " ".join(before[i1:i2]))
            continue
        if i1 < i2:
            yield Piece("gone", " ".join(before[i1:i2]))
        if j1 < j2:
            yield Piece("new", " ".join(after[j1:j2]))
