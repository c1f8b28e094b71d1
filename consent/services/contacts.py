"""People of a third party: invited by staff to see and manage its client at /developer/."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import User
from consent.models import Client, ClientContact

_LANDING = "/developer/"


class ContactRefused(ValueError):
    """The address is that of a login which cannot be a company's: of staff, or of somebody who may not log in."""


@transaction.atomic
def invite_contact(
    *, client: Client, email: str, name: str, language: str, link_for: Callable[[User], str], at: datetime
) -> ClientContact:
    """Let the person who reads the mail to `email` see and manage `client`, and no customer; the contact.

    Who has no login gets one without a role, in `language`; a known one keeps name and password. The mail leads to
    /developer/: by way of `link_for`, the address to choose a password, for who has none. Inviting again sends another
    mail. Raises ContactRefused.
    """
    Client.objects.select_for_update().get(pk=client.pk)  # a second click finds what the first one made
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, name=name, language=language, created=at)
    if user.is_staff or not user.is_active:
        raise ContactRefused(_("This is the login of one of staff, or one that may not log in."))
    contact, _new = ClientContact.objects.get_or_create(client=client, user=user, defaults={"created": at})
    choose_password = "" if user.has_usable_password() else link_for(user)
    with override(user.language):
        words = {"client": client.name, "utility": settings.UTILITY_NAME}
        subject = _("Manage %(client)s at %(utility)s") % words
        context = {
            **words,
            "subject": subject,
            "name": user.name,
            "language": user.language,
            "support_url": settings.SUPPORT_URL,
            "link": f"{settings.PUBLIC_URL}{_LANDING}",
            "days": 0,
        }
        if choose_password:
            context["link"] = f"{choose_password}?next={_LANDING}"
            context["days"] = settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60)
        write_sign_in_mail(
            to=user.email,
            subject=subject,
            text=render_to_string("emails/developer_invited.txt", context),
            html=render_to_string("emails/developer_invited.html", context),
            at=at,
        )
    return contact
