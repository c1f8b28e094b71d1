"""Who is told when sharing starts, changes or ends: the person who agreed and every owner of the accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import ServiceContract, User
from accounts.queries.roles import owners_of
from cdsc_portal.lib.dates_in_words import moment_in_words
from consent.models import Grant, GrantPart, Receipt
from consent.scopes.catalogue import SCOPES
from consent.services.grants import part_period
from consent.services.outbox import MailText, write_mail
from consent.services.receipts import current_receipt
from consent.transitions import ENDED
from consent.wording import badge_in_words, services_in_words, zone_in_words


class Notice(Enum):
    """Kinds of mail about a grant; the value is the row's kind."""

    APPROVED = "approved"
    SHARED = "shared"
    CHANGED = "changed"
    STOPPED = "stopped"
    CLOSED = "closed"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class _News:
    """What a mail says about; `giver` is who agreed, as the other owners know them."""

    grant: Grant
    receipt: Receipt
    client: str
    giver: str
    parts: tuple[GrantPart, ...]
    commodities: tuple[str, ...]
    over: bool
    at: datetime


def tell_of_approval(*, grant: Grant, receipt: Receipt, at: datetime) -> None:
    """Write the approver's mail with the receipt's link, and one to each other owner (F-179 to F-183)."""
    news = _news(grant, receipt, at)
    for user in _readers(grant, at):
        _write(Notice.APPROVED if user == grant.user else Notice.SHARED, news, user)


def tell_of_change(notice: Notice, *, grant: Grant, at: datetime) -> None:
    """Write a mail to the person who agreed and to each other owner."""
    news = _news(grant, current_receipt(grant), at)
    for user in _readers(grant, at):
        _write(notice, news, user)


def _news(grant: Grant, receipt: Receipt, at: datetime) -> _News:
    commodities = _contracts(grant).values_list("commodity", flat=True)
    return _News(
        grant=grant,
        receipt=receipt,
        client=" ".join(receipt.facts["client"]["name"].split()),
        giver=" ".join(str(grant.user).split()) if grant.user else "",
        parts=tuple(grant.parts.order_by("position")),
        commodities=tuple(commodities),
        over=grant.status in ENDED,
        at=at,
    )


def _contracts(grant: Grant, *, later: bool = False) -> QuerySet[ServiceContract]:
    chosen = Q(selections__part__grant=grant)
    if later:
        chosen |= Q(billing_account__future_grant_parts__grant=grant)
    return ServiceContract.objects.filter(chosen).distinct()


def _readers(grant: Grant, at: datetime) -> list[User]:
    """Active users, whoever agreed first."""
    contracts = _contracts(grant, later=True).values_list("pk", flat=True)
    owners = owners_of(contracts=list(contracts), at=at)
    giver = [grant.user] if grant.user is not None and grant.user.is_active else []
    return giver + [owner for owner in owners if owner.pk != grant.user_id]


def _write(notice: Notice, news: _News, user: User) -> None:
    with override(user.language):
        text = _mail(notice, news, user)
        write_mail(
            kind=notice.value,
            dedup_key=f"{notice.value}:{news.receipt.number}:{user.public_id}",
            user=user,
            grant=news.grant,
            mail=text,
            at=news.at,
        )


def _mail(notice: Notice, news: _News, user: User) -> MailText:
    agreed = user.pk == news.grant.user_id
    subject, paragraphs = _WORDS[notice](news)
    # the receipt's link can stop everything without a login: it is for the person who agreed alone
    path = f"/receipts/{news.receipt.key}/" if agreed else f"/my/sharing/{news.grant.public_id}/"
    return MailText(
        language=user.language,
        utility=settings.UTILITY_NAME,
        support_url=settings.SUPPORT_URL,
        subject=subject,
        paragraphs=paragraphs,
        rows=tuple(_rows(news, receipt=agreed)),
        link=f"{settings.PUBLIC_URL}{path}",
        link_words=_link_words(agreed=agreed, over=news.over),
    )


def _link_words(*, agreed: bool, over: bool) -> str:
    if not agreed:
        return _("See the record") if over else _("See what is shared")
    return _("See the receipt") if over else _("See the receipt, or stop sharing")


def _rows(news: _News, *, receipt: bool) -> list[tuple[str, str]]:
    rows = [(_("Company"), news.client)]
    if receipt:
        rows.append((_("Receipt"), news.receipt.number))
        rows.append((_("Services"), services_in_words(news.commodities) or _("services added later")))
    rows.append((_("Time"), f"{moment_in_words(news.at)} ({zone_in_words()})"))
    if news.over:
        return rows + [(_("No longer shared"), str(SCOPES[part.scope].title)) for part in news.parts]
    details = news.grant.authorization_details
    return rows + [_part_row(part, detail) for part, detail in zip(news.parts, details, strict=False)]


def _part_row(part: GrantPart, detail: dict[str, Any]) -> tuple[str, str]:
    """What is shared and until when; telling of an end must never be what fails."""
    until = badge_in_words(part_period(part, detail)) if part.access_ends else _("Ongoing, no end date")
    return str(SCOPES[part.scope].title), until


def _approved(news: _News) -> tuple[str, tuple[str, ...]]:
    return (
        _("You are sharing data with %(company)s: receipt %(number)s")
        % {"company": news.client, "number": news.receipt.number},
        (
            _("You agreed to share data about your energy service with %(company)s.")
            % {"company": news.client},
            _("You can stop at any time."),
        ),
    )


def _shared(news: _News) -> tuple[str, tuple[str, ...]]:
    words = {"person": news.giver, "company": news.client}
    return (
        _("%(person)s shared data from your account") % words,
        (
            _("%(person)s agreed to share data from your account with %(company)s.") % words,
            _("You own this account too, so you can see it and stop it."),
        ),
    )


def _changed(news: _News) -> tuple[str, tuple[str, ...]]:
    words = {"company": news.client}
    return (
        _("What you share with %(company)s changed") % words,
        (_("%(company)s can now read less than before. This is what is still shared:") % words,),
    )


def _stopped(news: _News) -> tuple[str, tuple[str, ...]]:
    words = {"company": news.client}
    return (
        _("%(company)s can no longer read your data") % words,
        (
            _("Sharing with %(company)s was stopped. From now on they get nothing from us.") % words,
            _(
                "They keep what they collected before. Ask them to delete it, and whether their service to you "
                "changes. Your supply and your bills do not change."
            ),
        ),
    )


def _closed(news: _News) -> tuple[str, tuple[str, ...]]:
    words = {"company": news.client}
    return (
        _("%(company)s ended its access") % words,
        (_("%(company)s gave up its access to your data. From now on they get nothing from us.") % words,),
    )


def _paused(news: _News) -> tuple[str, tuple[str, ...]]:
    words = {"company": news.client}
    return (
        _("Sharing with %(company)s is paused") % words,
        (_("We paused it. Until we resume it, %(company)s gets nothing from us.") % words,),
    )


def _ended(news: _News) -> tuple[str, tuple[str, ...]]:
    words = {"company": news.client}
    return (
        _("Sharing with %(company)s ended") % words,
        (
            _("The time you agreed to is over. From now on they get nothing from us."),
            _("They keep what they collected before; you can ask them to delete it."),
        ),
    )


_WORDS: dict[Notice, Callable[[_News], tuple[str, tuple[str, ...]]]] = {
    Notice.APPROVED: _approved,
    Notice.SHARED: _shared,
    Notice.CHANGED: _changed,
    Notice.STOPPED: _stopped,
    Notice.CLOSED: _closed,
    Notice.PAUSED: _paused,
    Notice.ENDED: _ended,
}
