"""Mails when sharing starts, changes or ends: to the person who agreed and to every owner of the accounts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import NoticeKind, OutgoingMail, ServiceContract, User
from accounts.queries.notice_choices import who_want
from accounts.queries.roles import owners_of
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.checksums import checksum
from consent.mail.personal import in_one_line, mail_to, moment_with_zone
from consent.mail.texts import Notice, NoticeFacts, subject_and_paragraphs
from consent.models import Actor, Grant, Receipt, ReceiptAddress, RecordedConsent
from consent.queries.grant_contents import granted_periods
from consent.queries.outcomes import current_receipt
from consent.scopes.catalogue import SCOPES
from consent.transitions import ENDED
from consent.wording import badge_in_words, services_in_words, short_period_in_words

_OF_A_COMING_END = (Notice.ENDS_IN_30_DAYS, Notice.ENDS_IN_7_DAYS)


def mail_approval(
    *, grant: Grant, receipt: Receipt, at: datetime, recorded: RecordedConsent | None = None
) -> None:
    """Write the approver's mail with the receipt's link, and one to each other owner (F-179 to F-183)."""
    facts = replace(_facts_of(grant, receipt, at), recorded=recorded)
    for user in recipients_of(grant, at):
        _write(Notice.APPROVED if user == grant.user else Notice.SHARED, facts, user)


def mail_change(
    notice: Notice, *, grant: Grant, at: datetime, by: User | None = None, public_reason: str = ""
) -> None:
    """Write a mail to the person who agreed and to each other owner. A pause and a resumption can come again."""
    last = grant.events.order_by("at", "pk").last()
    change = last.change if last is not None else ""
    facts = _facts_of(grant, current_receipt(grant), at, by=by, change=change, public_reason=public_reason)
    again = f":{at:%Y%m%d%H%M%S}" if notice in {Notice.PAUSED, Notice.RESUMED} else ""
    for user in recipients_of(grant, at):
        _write(notice, facts, user, occasion=f"{facts.receipt.number}{again}")


def mail_narrowed(
    *,
    grant: Grant,
    receipt: Receipt,
    change: str,
    by: User | None,
    readers: Sequence[User],
    at: datetime,
) -> None:
    """Write to `readers`, who were recipients before the change, what is still shared."""
    facts = _facts_of(grant, receipt, at, by=by, change=change)
    for user in readers:
        _write(Notice.CHANGED, facts, user)


def mail_coming_end(notice: Notice, *, grant: Grant, at: datetime) -> None:
    """Write once for each end of `grant`, however often it is called (no mail for the same end again)."""
    assert grant.access_ends is not None  # a grant without an end is never due
    facts = _facts_of(grant, current_receipt(grant), at)
    readers = recipients_of(grant, at)
    wanting = set(who_want(NoticeKind.ENDING).filter(pk__in=[user.pk for user in readers]))
    for user in filter(wanting.__contains__, readers):
        _write(notice, facts, user, occasion=f"{grant.public_id}:{grant.access_ends:%Y%m%d%H%M%S}")


@writes_again(*(notice.value for notice in Notice))
def _again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is a recipient still: what the history says of that moment, and what is shared now."""
    user, notice = mail.user, Notice(mail.kind)
    grant = Grant.objects.select_related("client").filter(public_id=mail.about).first()
    if grant is None or user is None or user not in recipients_of(grant, at):
        return None
    if notice in _OF_A_COMING_END and grant.access_ends is None:
        return None
    cause = grant.events.filter(at=mail.created).last()
    number = occasion_of(mail)
    facts = _facts_of(
        grant,
        grant.receipts.filter(number=number).first() or current_receipt(grant),
        mail.created,
        by=cause.by if cause is not None and cause.actor == Actor.CUSTOMER else None,
        change=cause.change if cause is not None else "",
        public_reason=cause.public_reason if cause is not None else "",
    )
    if notice in (Notice.APPROVED, Notice.SHARED):
        facts = replace(facts, recorded=RecordedConsent.objects.filter(grant=grant).first())
    with override(user.language):
        return _mail(notice, facts, user, at=at)


def recipients_of(grant: Grant, at: datetime) -> list[User]:
    """Active users who get mail about `grant`: whoever agreed first, then each owner of its services and accounts."""
    contracts = _contracts(grant, later=True).values_list("pk", flat=True)
    owners = owners_of(contracts=list(contracts), at=at)
    giver = [grant.user] if grant.user is not None and grant.user.is_active else []
    return giver + [owner for owner in owners if owner.pk != grant.user_id]


def new_receipt_address(*, receipt: Receipt, at: datetime) -> str:
    """The key of one more address that opens `receipt` without a login; only its digest is kept. One statement.

    The addresses that the receipt has go on to work.
    """
    key = new_secret()
    ReceiptAddress.objects.create(receipt=receipt, digest=checksum(key), created=at)
    return key


def _facts_of(
    grant: Grant,
    receipt: Receipt,
    at: datetime,
    *,
    by: User | None = None,
    change: str = "",
    public_reason: str = "",
) -> NoticeFacts:
    commodities = _contracts(grant).values_list("commodity", flat=True)
    return NoticeFacts(
        grant=grant,
        receipt=receipt,
        client=in_one_line(receipt.facts["client"]["name"]),
        giver=in_one_line(grant.user or ""),
        periods=granted_periods(grant),
        commodities=tuple(commodities),
        over=grant.status in ENDED,
        at=at,
        by=by,
        change=change,
        public_reason=public_reason,
    )


def _shared_rows(facts: NoticeFacts) -> Iterator[tuple[str, str]]:
    """What is shared from when until when, what was left out, and on which terms: as the receipt has it.

    The purpose is the company's own words, which nobody here has reviewed: it stays out of mail (F-183).
    """
    agreed = facts.receipt.facts
    readings = {part["scope"]: part.get("readings", "") for part in agreed["parts"]}
    for scope, period in facts.periods:
        words = (badge_in_words(period), short_period_in_words(SCOPES[scope], period), readings.get(scope))
        yield str(SCOPES[scope].title), ". ".join(each.rstrip(".") for each in words if each)
    if agreed["left_out"]:
        yield _("Asked for, but not shared"), "; ".join(part["title"] for part in agreed["left_out"])
    links = (
        (_("Terms of the company"), agreed["client"]["terms_uri"]),
        (_("Its privacy policy"), agreed["client"]["policy_uri"]),
    )
    yield from ((label, address) for label, address in links if address)


def _contracts(grant: Grant, *, later: bool = False) -> QuerySet[ServiceContract]:
    chosen = Q(selections__part__grant=grant)
    if later:
        chosen |= Q(billing_account__future_grant_parts__grant=grant)
    return ServiceContract.objects.filter(chosen).distinct()


def _write(notice: Notice, facts: NoticeFacts, user: User, *, occasion: str = "") -> None:
    dedup_key = f"{notice.value}:{occasion or facts.receipt.number}:{user.public_id}"
    if user.pk == facts.grant.user_id and OutgoingMail.objects.filter(dedup_key=dedup_key).exists():
        return  # else the receipt would get an address that stands in no mail
    with override(user.language):
        write_mail(
            kind=notice.value,
            dedup_key=dedup_key,
            user=user,
            about=facts.grant.public_id,
            mail=_mail(notice, facts, user, at=facts.at),
            at=facts.at,
        )


def _mail(notice: Notice, facts: NoticeFacts, user: User, *, at: datetime) -> MailText:
    subject, paragraphs = subject_and_paragraphs(notice, facts, user)
    path, link_words = f"/my/sharing/{facts.grant.public_id}/", _("See what is shared")
    if facts.over:
        link_words = _("See the record")
    rows = [(_("Company"), facts.client)]
    # the receipt's link can stop everything without a login: it is for the person who agreed alone
    if user.pk == facts.grant.user_id:
        path = f"/receipts/{new_receipt_address(receipt=facts.receipt, at=at)}/"
        link_words = _("See the receipt") if facts.over else _("See the receipt, or stop sharing")
        rows.append((_("Receipt"), facts.receipt.number))
        rows.append((_("Services"), services_in_words(facts.commodities) or _("services added later")))
    rows.append((_("Time"), moment_with_zone(facts.at)))
    if facts.over:
        rows += ((_("No longer shared"), str(SCOPES[scope].title)) for scope, _period in facts.periods)
    else:
        rows += _shared_rows(facts)
    return mail_to(
        user,
        subject=subject,
        paragraphs=paragraphs,
        rows=tuple(rows),
        path=path,
        link_words=link_words,
        notice=NoticeKind.ENDING if notice in _OF_A_COMING_END else None,
    )
