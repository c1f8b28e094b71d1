"""The link in a notice that turns its kind off, without a login."""

from django.conf import settings
from django.core import signing

from accounts.models import NoticeKind, User

_PURPOSE = "turn a notice off"


def off_link(user: User, kind: NoticeKind) -> str:
    """An address that opens nothing but the switch of this kind for `user`."""
    key = signing.dumps([user.public_id, kind.value], salt=_PURPOSE)
    return f"{settings.PUBLIC_URL}/notices/off/{key}/"


def read_off_link(key: str) -> tuple[User, NoticeKind] | None:
    """Whose switch of which kind; None for a key that is none."""
    try:
        public_id, kind = signing.loads(key, salt=_PURPOSE)
        return User.objects.get(public_id=public_id, is_active=True), NoticeKind(kind)
    except (signing.BadSignature, User.DoesNotExist, ValueError):
        return None
