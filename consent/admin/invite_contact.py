"""Onboarding invites a company's developer, on the company's page."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ask, to_page
from accounts.admin.logged import LoggedAdmin
from accounts.mail.invitations import invitation_url
from accounts.models import User
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from consent.models import Client
from consent.services.contacts import ContactRefused, invite_contact

_INVITE = "consent.add_clientcontact"


class _ContactForm(forms.Form):
    """Who is to see and manage the client."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=150, required=False, validators=[validate_one_line])
    language = forms.ChoiceField(
        label=_("Language of the mail"), choices=User._meta.get_field("language").flatchoices
    )


class InviteContactAdmin(LoggedAdmin):
    """A person of the company gets a login without any role, and a mail that leads to /developer/."""

    def has_invite_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_INVITE)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.invite_page)
        return [path("<int:pk>/invite/", page, name="consent_client_invite"), *super().get_urls()]

    @action(description=_("Invite a contact"), permissions=["invite"])
    def invite(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_client_invite", object_id)

    def invite_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(_INVITE):
            raise PermissionDenied
        client = get_object_or_404(Client, pk=pk)
        form, back = _ContactForm(request.POST or None), reverse("admin:consent_client_change", args=[pk])
        if form.is_valid():
            fields = form.cleaned_data
            try:
                with transaction.atomic():
                    contact = invite_contact(
                        client=client,
                        email=fields["email"].lower(),
                        name=fields["name"],
                        language=fields["language"],
                        link_for=invitation_url,
                        at=clock.now(),
                    )
                    self.log_act(request, contact, "invited a contact")
            except ContactRefused as refused:
                form.add_error("email", str(refused))
            else:
                messages.success(request, _("An invitation goes out to %s.") % contact.user.email)
                return redirect(back)
        return ask(
            request,
            self.admin_site,
            title=_("Invite a contact of %s") % client.name,
            text=_(
                "The person sees this company under /developer/, may renew its secret and write to you. Check first "
                "that the address is the company's."
            ),
            button=_("Invite"),
            back=back,
            form=form,
        )
