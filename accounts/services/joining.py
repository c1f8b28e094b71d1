"""The first login of somebody who was invited."""

from datetime import datetime

from django.db import transaction

from accounts.models import Invitation, User
from accounts.services.accept_invitation import get_or_create_login
from accounts.services.inviting import NotInvited, accept


@transaction.atomic
def user_for(*, invitation: Invitation, name: str, password: str, language: str, at: datetime) -> User:
    """A login for the invited address, which the mail's link proved, with the role that was offered.

    Raises NotInvited: it is over, the address has a login with a password meanwhile, or none may log in with it.
    """
    user, is_opened = get_or_create_login(
        email=invitation.email, password=password, name=name, language=language, at=at
    )
    if not is_opened:
        raise NotInvited
    accept(invitation=invitation, user=user, at=at)
    return user
