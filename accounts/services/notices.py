"""Turn notices by mail on and off."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import NoticeKind, NoticeSetting, User


@transaction.atomic
def keep_notices(*, user: User, on: Collection[str], percent: int, at: datetime) -> None:
    """`user` wants the kinds `on` and no others, high use from `percent` above what is usual."""
    for kind in NoticeKind:
        _keep(user, kind, kind in on, percent if kind == NoticeKind.HIGH_USE else None, at)


def turn_off(*, user: User, kind: NoticeKind, at: datetime) -> None:
    """`user` wants no more notices of `kind`; how far above is remembered."""
    setting = NoticeSetting.objects.filter(user=user, kind=kind).first()
    _keep(user, kind, False, setting.percent if setting else None, at)


def _keep(user: User, kind: NoticeKind, is_on: bool, percent: int | None, at: datetime) -> None:
    NoticeSetting.objects.update_or_create(
        user=user, kind=kind, defaults={"is_on": is_on, "percent": percent, "modified": at}
    )
