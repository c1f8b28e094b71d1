"""Which notices a person wants by mail."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import NoticeKind, NoticeSetting, User

USUALLY_ON = frozenset({NoticeKind.ENDING})
PERCENTS = (25, 50, 100)
USUAL_PERCENT = 50


@dataclass(frozen=True, slots=True)
class NoticeChoices:
    """`on`: kinds that the person wants; `percent` above what is usual counts as high use."""

    on: frozenset[NoticeKind]
    percent: int


def notice_choices(*, user: User) -> NoticeChoices:
    """What `user` chose, and what is usual for the rest. One query."""
    chosen = {setting.kind: setting for setting in NoticeSetting.objects.filter(user=user)}
    high_use = chosen.get(NoticeKind.HIGH_USE)
    return NoticeChoices(
        on=frozenset(
            kind for kind in NoticeKind if (chosen[kind].is_on if kind in chosen else kind in USUALLY_ON)
        ),
        percent=high_use.percent if high_use and high_use.percent else USUAL_PERCENT,
    )


def who_want(kind: NoticeKind) -> QuerySet[User]:
    """Active users who want notices of `kind`."""
    own = NoticeSetting.objects.filter(user=OuterRef("pk"), kind=kind)
    users = User.objects.filter(is_active=True)
    if kind in USUALLY_ON:
        return users.exclude(Exists(own.filter(is_on=False)))
    return users.filter(Exists(own.filter(is_on=True)))
