"""Take what somebody asks support."""

from datetime import datetime

from accounts.models import HelpCase, User


def open_case(*, topic: str, text: str, email: str, user: User | None, at: datetime) -> HelpCase:
    """A case that waits for staff; no mail goes out, since `email` of a visitor may be anybody's."""
    return HelpCase.objects.create(topic=topic, text=text, email=email, user=user, created=at)
