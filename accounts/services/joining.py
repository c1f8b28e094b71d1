"""The first login of somebody who was invited."""

from datetime import datetime

from django.db import transaction

from accounts.models import Invitation, User
from accounts.services.inviting import NotInvited, accept


@transaction.atomic
def user_for(*, invitation: Invitation, name: str, password: str, language: str, at: datetime) -> User:
    """A login for the invited address, which the mail's link proved, with the role that was offered.

    Raises NotInvited: it is over, or the address has a login with a password meanwhile.
    """
    user = User.objects.select_for_update().filter(email__iexact=invitation.email).first()
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=name, language=language, created=at)
    elif user.has_usable_password() or not user.is_active:
        raise NotInvited
    else:
        user.set_password(password)
        user.name = user.name or name
        user.save(update_fields=["password", "name"])
    accept(invitation=invitation, user=user, at=at)
    return user
