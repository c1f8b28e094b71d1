"""Third parties: registered with a secret shown once; suspended, or kept to test customers, with the grants hit."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import link_to, list_link
from accounts.current_user import current_user
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.admin.confirm_change import ConfirmChangeAdmin
from consent.admin.filters import PeopleFilter, has_people
from consent.admin.invite_contact import InviteContactAdmin
from consent.admin.open_grants import warn_of_open_grants
from consent.api.cds import endpoints
from consent.models import Client, Grant, Message, MessageStatus
from consent.queries.clients import live_tokens, open_grants
from consent.scopes.catalogue import offered_scopes
from consent.secret_form import SecretForm
from consent.services.clients import (
    ClientChangeRefused,
    put_in_production,
    put_in_sandbox,
    reinstate_client,
    suspend_client,
)
from consent.services.credentials import first_secret
from consent.services.third_parties.client_changes import notify_of_edit
from consent.transitions import OPEN

_CHANGE = "consent.change_client"


class ClientForm(forms.ModelForm):
    """What a third party may ask for and where its customers return to."""

    name = forms.CharField(
        max_length=255,
        help_text=_("As customers will read it."),
        widget=UnfoldAdminTextInputWidget,
        validators=[validate_one_line],
    )
    client_type = forms.ChoiceField(
        choices=[
            (Client.CLIENT_CONFIDENTIAL, _("confidential: runs on a server, keeps a secret")),
            (Client.CLIENT_PUBLIC, _("public: runs on a device, has no secret")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    redirect_uris = forms.CharField(
        label=_("Redirect addresses"),
        help_text=_(
            "One a line, compared letter by letter: https. Of a public client also http://127.0.0.1 or http://[::1], "
            "where any port will do, or an app's own scheme such as com.example.app:/callback."
        ),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    allowed_scopes = forms.MultipleChoiceField(
        label=_("May ask for"),
        widget=forms.CheckboxSelectMultiple,
        required=True,
        help_text=_("What is taken away can be asked for no more. Open grants keep it until they end."),
    )
    client_uri = forms.URLField(
        label=_("Website"), required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget
    )
    terms_uri = forms.URLField(
        label=_("Terms"), required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget
    )
    policy_uri = forms.URLField(
        label=_("Privacy policy"), required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget
    )

    class Meta:
        model = Client
        fields = (
            "name", "client_type", "redirect_uris", "allowed_scopes", "purpose", "client_uri", "uri_confirmed",
            "contact_email", "terms_uri", "policy_uri", "all_or_nothing", "calls_per_minute",
            "grant_calls_per_minute",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        offered = offered_scopes(settings.UTILITY_ROLE)
        if "allowed_scopes" in self.fields:  # not where staff may only look
            self.fields["allowed_scopes"].choices = [  # type: ignore[attr-defined]  # declared above
                (scope.id, f"{scope.title} ({scope.id})") for scope in offered
            ]
        if self.instance.pk is None:  # staff register who asks customers: a code, by their approval
            self.instance.authorization_grant_type = Client.GRANT_AUTHORIZATION_CODE


class StaffSecretForm(SecretForm, ReasonForm):
    """What becomes of the secret, and why."""


@admin.register(Client)
class ClientAdmin(InviteContactAdmin, ConfirmChangeAdmin):
    """A third party's application. It is never deleted: grants and disclosures name it."""

    act_permission = _CHANGE
    form = ClientForm
    list_display = (
        "name", "status", "client_type", "open_grant_count", "messages_to_answer", "has_people", "created",
    )  # fmt: skip
    list_filter = ("status", PeopleFilter)
    search_fields = ("^name", "client_id__exact")
    fields = ("client_id", "third_party", "status", "grants", *ClientForm.Meta.fields, "created", "updated")
    readonly_fields = ("client_id", "third_party", "status", "grants", "created", "updated")
    actions_detail = (
        {"title": _("Change the status"), "items": ["suspend", "reinstate", "sandbox", "production"]},
        "renew_secret",
        "invite",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        is_open = Q(grants__status__in=OPEN)
        waiting = _turn().values("client").annotate(total=Count("pk")).values("total")
        clients = super().get_queryset(request).annotate(open_total=Count("grants", filter=is_open))
        return clients.annotate(waiting_total=Subquery(waiting), has_people=has_people())

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Who waits for an answer first."""
        return (Exists(_turn()).desc(), "name", "pk")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        return self.fields if obj else ClientForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A client that was given a secret keeps it, and the other way round; one that asks no customer, its scopes."""
        if obj is None:
            return self.readonly_fields
        asks = isinstance(obj, Client) and bool(obj.response_types)
        return (*self.readonly_fields, "client_type", *(() if asks else ("allowed_scopes", "redirect_uris")))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        """A client that is new gets its secret, which the answer shows; of one that loses scopes, which grants stay."""
        taken = set(form.initial.get("allowed_scopes", ())) - set(obj.allowed_scopes) if change else set()
        if form.changed_data:
            obj.modified = clock.now()
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            notify_of_edit(
                client=obj,
                former={name: form.initial.get(name) for name in form.changed_data},
                changed_uri=endpoints.CLIENT.url(client_id=obj.client_id),
                at=obj.modified,
            )
        warn_of_open_grants(request, scopes=taken, client=obj)
        if not change:
            request.new_client_secret = first_secret(client=obj, at=clock.now())  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        secret: str = request.new_client_secret  # type: ignore[attr-defined]
        return self._shown_secret(request, obj, secret, title=_("%s is registered") % obj.name)

    def _shown_secret(self, request: HttpRequest, client: Client, secret: str, *, title: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "client": client,
            "secret": secret,
            "onward": _page(client),
        }
        response = TemplateResponse(request, "admin/consent/client_secret.html", context)
        add_never_cache_headers(response)
        return response

    @admin.display(description=_("open grants"), ordering="open_total")
    def open_grant_count(self, client: Client) -> int:
        return client.open_total  # type: ignore[attr-defined]  # annotated

    @admin.display(description=_("messages to answer"), ordering="waiting_total")
    def messages_to_answer(self, client: Client) -> int:
        return client.waiting_total or 0  # type: ignore[attr-defined]  # annotated

    @admin.display(description=_("somebody to write to"), boolean=True)
    def has_people(self, client: Client) -> bool:
        """Whether mail goes out when a customer narrows or stops; the message on /developer/ is there in any case."""
        return client.has_people  # type: ignore[attr-defined]  # annotated

    @admin.display(description=_("third party"))
    def third_party(self, client: Client) -> str:
        return link_to(client.registration)

    @admin.display(description=_("grants"))
    def grants(self, client: Client) -> str:
        return list_link(Grant, _("its grants"), client__id=client.pk)

    def get_urls(self) -> list[URLPattern]:
        def wrapped(view: Any) -> Any:  # noqa: ANN401
            return self.admin_site.admin_view(view)

        own = [
            path("<int:pk>/suspend/", wrapped(self.suspend_page), name="consent_client_suspend"),
            path("<int:pk>/reinstate/", wrapped(self.reinstate_page), name="consent_client_reinstate"),
            path("<int:pk>/sandbox/", wrapped(self.sandbox_page), name="consent_client_sandbox"),
            path("<int:pk>/production/", wrapped(self.production_page), name="consent_client_production"),
            path("<int:pk>/secret/", wrapped(self.secret_page), name="consent_client_secret"),
        ]
        return [*own, *super().get_urls()]

    @action(description=_("Suspend"), permissions=["act"])
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_client_suspend", object_id)

    @action(description=_("Reinstate"), permissions=["act"])
    def reinstate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_client_reinstate", object_id)

    @action(description=_("Put in the sandbox"), permissions=["act"])
    def sandbox(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_client_sandbox", object_id)

    @action(description=_("Put in production"), permissions=["act"])
    def production(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_client_production", object_id)

    @action(description=_("Renew the secret"), permissions=["act"])
    def renew_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_client_secret", object_id)

    def secret_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For a company that cannot do it itself at /developer/. Contacts get a message. 404 for a public client."""
        if not request.user.has_perm(_CHANGE):
            raise PermissionDenied
        client = get_object_or_404(Client, pk=pk, client_type=Client.CLIENT_CONFIDENTIAL)
        title, at = _("The secret of %s") % client.name, clock.now()
        form = StaffSecretForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            text = _("%d tokens work now. Where they end, the company must ask each customer again.")
            return ask(
                request,
                self.admin_site,
                title=title,
                text=text % live_tokens(client=client, at=at),
                button=_("Renew the secret"),
                back=_page(client),
                form=form,
            )
        with transaction.atomic():
            secret = form.renew(client=client, by=current_user(request), at=at)
            what = f"renew_secret: {form.cleaned_data['before']}"
            self.log_act(request, client, what, reason=form.cleaned_data["reason"])
        return self._shown_secret(request, client, secret, title=title)

    def suspend_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        text = _(
            "%(count)d open grants and %(tokens)d tokens are hit: %(client)s reads nothing from the next call on. The "
            "grants stay and open again when it is reinstated; customers can still stop them."
        )
        return self._change_status(request, pk, change=suspend_client, title=_("Suspend"), text=text)

    def reinstate_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        text = _("%(count)d open grants are hit: %(client)s reads again what they open.")
        return self._change_status(request, pk, change=reinstate_client, title=_("Reinstate"), text=text)

    def sandbox_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        text = _(
            "%(count)d open grants and %(tokens)d tokens are hit: from the next call on %(client)s asks for and reads "
            "data of test customers only. Grants of other customers stay, and open again in production."
        )
        return self._change_status(
            request, pk, change=put_in_sandbox, title=_("Put in the sandbox"), text=text
        )

    def production_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        text = _(
            "%(client)s can then ask every customer. %(count)d open grants are hit: it reads all that they open."
        )
        return self._change_status(
            request, pk, change=put_in_production, title=_("Put in production"), text=text
        )

    def _change_status(
        self,
        request: HttpRequest,
        pk: int,
        *,
        change: Any,
        title: Any,
        text: Any,  # noqa: ANN401
    ) -> HttpResponse:
        if not request.user.has_perm(_CHANGE):
            raise PermissionDenied
        client = get_object_or_404(Client, pk=pk)
        form = ReasonForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            tokens = live_tokens(client=client, at=clock.now())
            hit = {"count": open_grants(client=client).count(), "tokens": tokens, "client": client}
            return ask(
                request,
                self.admin_site,
                title=f"{title}: {client}",
                text=text % hit,
                button=title,
                back=_page(client),
                form=form,
            )
        try:
            with transaction.atomic():
                count = change(client=client)
                what = f"{change.__name__}: {count} open grants"
                self.log_act(request, client, what, reason=form.cleaned_data["reason"])
        except ClientChangeRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Done. %d open grants were hit.") % count)
        return redirect(_page(client))


def _turn() -> QuerySet[Message]:
    """The threads of the client of an outer query in which it is the utility's turn."""
    return Message.objects.filter(client=OuterRef("pk"), first=None, status=MessageStatus.PENDING).order_by()


def _page(client: Client) -> str:
    return reverse("admin:consent_client_change", args=[client.pk])
