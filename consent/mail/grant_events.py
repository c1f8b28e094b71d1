"""Who is told when sharing starts, changes or ends: the person who agreed and every owner of the accounts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import OutgoingMail, ServiceContract, User
from accounts.queries.roles import owners_of
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.mail.receipt_addresses import new_receipt_address
from consent.mail.texts import News, Notice, subject_and_paragraphs
from consent.models import Actor, Grant, Receipt, RecordedConsent
from consent.queries.grant_contents import granted_periods
from consent.queries.outcomes import current_receipt
from consent.scopes.catalogue import SCOPES
from consent.transitions import ENDED
from consent.wording import badge_in_words, services_in_words, zone_in_words

_OF_AN_END = (Notice.ENDS_IN_30_DAYS, Notice.ENDS_IN_7_DAYS)

__all__ = [
    "Notice",
    "concerned",
    "tell_of_approval",
    "tell_of_change",
    "tell_of_coming_end",
    "tell_of_less",
]


def tell_of_approval(
    *, grant: Grant, receipt: Receipt, at: datetime, recorded: RecordedConsent | None = None
) -> None:
    """Write the approver's mail with the receipt's link, and one to each other owner (F-179 to F-183)."""
    news = replace(_news(grant, receipt, at), recorded=recorded)
    for user in concerned(grant, at):
        _write(Notice.APPROVED if user == grant.user else Notice.SHARED, news, user)


def tell_of_change(
    notice: Notice, *, grant: Grant, at: datetime, by: User | None = None, public_reason: str = ""
) -> None:
    """Write a mail to the person who agreed and to each other owner. One that comes back is told again."""
    last = grant.events.order_by("at", "pk").last()
    change = last.change if last is not None else ""
    news = _news(grant, current_receipt(grant), at, by=by, change=change, public_reason=public_reason)
    again = f":{at:%Y%m%d%H%M%S}" if notice in {Notice.PAUSED, Notice.RESUMED} else ""
    for user in concerned(grant, at):
        _write(notice, news, user, occasion=f"{news.receipt.number}{again}")


def tell_of_less(
    *,
    grant: Grant,
    receipt: Receipt,
    change: str,
    by: User | None,
    readers: Sequence[User],
    at: datetime,
) -> None:
    """Write to `readers`, who are those concerned before the change, what is still shared."""
    news = _news(grant, receipt, at, by=by, change=change)
    for user in readers:
        _write(Notice.CHANGED, news, user)


def tell_of_coming_end(notice: Notice, *, grant: Grant, at: datetime) -> None:
    """Write once for each end of `grant`, however often it is called (no mail for the same end again)."""
    assert grant.access_ends is not None  # what never ends is not told to end
    news = _news(grant, current_receipt(grant), at)
    for user in concerned(grant, at):
        _write(notice, news, user, occasion=f"{grant.public_id}:{grant.access_ends:%Y%m%d%H%M%S}")


@writes_again(*(notice.value for notice in Notice))
def _again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is concerned still: what the history says of that moment, and what is shared now."""
    user, notice = mail.user, Notice(mail.kind)
    grant = Grant.objects.select_related("client").filter(public_id=mail.about).first()
    if grant is None or user is None or user not in concerned(grant, at):
        return None
    if notice in _OF_AN_END and grant.access_ends is None:
        return None
    cause = grant.events.filter(at=mail.created).last()
    number = occasion_of(mail)
    news = _news(
        grant,
        grant.receipts.filter(number=number).first() or current_receipt(grant),
        mail.created,
        by=cause.by if cause is not None and cause.actor == Actor.CUSTOMER else None,
        change=cause.change if cause is not None else "",
        public_reason=cause.public_reason if cause is not None else "",
    )
    if notice in (Notice.APPROVED, Notice.SHARED):
        news = replace(news, recorded=RecordedConsent.objects.filter(grant=grant).first())
    with override(user.language):
        return _mail(notice, news, user, at=at)


def concerned(grant: Grant, at: datetime) -> list[User]:
    """Active users who are told of `grant`: whoever agreed first, then each owner of its services and accounts."""
    contracts = _contracts(grant, later=True).values_list("pk", flat=True)
    owners = owners_of(contracts=list(contracts), at=at)
    giver = [grant.user] if grant.user is not None and grant.user.is_active else []
    return giver + [owner for owner in owners if owner.pk != grant.user_id]


def _news(
    grant: Grant,
    receipt: Receipt,
    at: datetime,
    *,
    by: User | None = None,
    change: str = "",
    public_reason: str = "",
) -> News:
    commodities = _contracts(grant).values_list("commodity", flat=True)
    return News(
        grant=grant,
        receipt=receipt,
        client=" ".join(receipt.facts["client"]["name"].split()),
        giver=" ".join(str(grant.user).split()) if grant.user else "",
        periods=granted_periods(grant),
        commodities=tuple(commodities),
        over=grant.status in ENDED,
        at=at,
        by=by,
        change=change,
        public_reason=public_reason,
    )


def _contracts(grant: Grant, *, later: bool = False) -> QuerySet[ServiceContract]:
    chosen = Q(selections__part__grant=grant)
    if later:
        chosen |= Q(billing_account__future_grant_parts__grant=grant)
    return ServiceContract.objects.filter(chosen).distinct()


def _write(notice: Notice, news: News, user: User, *, occasion: str = "") -> None:
    dedup_key = f"{notice.value}:{occasion or news.receipt.number}:{user.public_id}"
    if user.pk == news.grant.user_id and OutgoingMail.objects.filter(dedup_key=dedup_key).exists():
        return  # else the receipt would get an address that stands in no mail
    with override(user.language):
        write_mail(
            kind=notice.value,
            dedup_key=dedup_key,
            user=user,
            about=news.grant.public_id,
            mail=_mail(notice, news, user, at=news.at),
            at=news.at,
        )


def _mail(notice: Notice, news: News, user: User, *, at: datetime) -> MailText:
    subject, paragraphs = subject_and_paragraphs(notice, news, user)
    path, link_words = f"/my/sharing/{news.grant.public_id}/", _("See what is shared")
    if news.over:
        link_words = _("See the record")
    rows = [(_("Company"), news.client)]
    # the receipt's link can stop everything without a login: it is for the person who agreed alone
    if user.pk == news.grant.user_id:
        path = f"/receipts/{new_receipt_address(receipt=news.receipt, at=at)}/"
        link_words = _("See the receipt") if news.over else _("See the receipt, or stop sharing")
        rows.append((_("Receipt"), news.receipt.number))
        rows.append((_("Services"), services_in_words(news.commodities) or _("services added later")))
    rows.append((_("Time"), f"{moment_in_words(news.at)} ({zone_in_words()})"))
    for scope, period in news.periods:
        title = str(SCOPES[scope].title)
        rows.append((_("No longer shared"), title) if news.over else (title, badge_in_words(period)))
    return MailText(
        language=user.language,
        utility=settings.UTILITY_NAME,
        support_url=settings.SUPPORT_URL,
        subject=subject,
        paragraphs=paragraphs,
        rows=tuple(rows),
        link=f"{settings.PUBLIC_URL}{path}",
        link_words=link_words,
    )
