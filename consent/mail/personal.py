"""Mails to one person about something other than a change of a grant. Each once for its occasion."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import Membership, OutgoingMail, ServiceContract, User
from accounts.queries.roles import owners_of
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import ConsentRequest, RequestStatus
from consent.queries.deciders import deciders_for, is_handed_over_to
from consent.wording import zone_in_words


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail to one person says; `rows` are pairs of label and value, `path` where its link leads."""

    subject: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    path: str
    link_words: str


def tell_of_waiting_request(*, request: ConsentRequest, viewer: User, at: datetime) -> int:
    """`viewer` may look and not share, and asks for a decision: tell each owner of what they see, once a request.

    Returns how many owners there are to tell. Three queries and one for each owner.
    """
    owners = deciders_for(viewer, at=at).exclude(pk=viewer.pk)
    for owner in owners:
        with override(owner.language):
            letter = _waiting_request(request, in_one_line(viewer))
            write_letter("needs_decision", letter, owner, occasion=request.reference, at=at)
    return len(owners)


def tell_of_delegate(*, membership: Membership, at: datetime) -> None:
    """Tell the owners of the accounts of a delegate's role, and the delegate, that it holds and until when."""
    assert membership.until is not None  # the database lets no delegate be without an end
    occasion = f"{membership.pk}:{membership.until:%Y%m%d%H%M%S}:{int(membership.may_share)}"
    for reader in _readers_of_delegate(membership, at):
        with override(reader.language):
            write_letter("delegate", _delegate(membership, reader), reader, occasion=occasion, at=at)


@writes_again("needs_decision")
def _waiting_request_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """While the request waits for who was asked to decide it."""
    waiting = ConsentRequest.objects.filter(status=RequestStatus.WAITING, expires__gt=at)
    request = waiting.select_related("client", "user").filter(reference=occasion_of(mail)).first()
    if request is None or mail.user is None or not is_handed_over_to(mail.user, request, at=at):
        return None
    with override(mail.user.language):
        return text_of(_waiting_request(request, in_one_line(request.user)), mail.user)


@writes_again("delegate")
def _delegate_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """While the role holds, for its delegate and the owners."""
    held = Membership.objects.filter(pk=occasion_of(mail), until__gt=at)
    membership = held.select_related("customer", "user").first()
    if membership is None or mail.user is None or mail.user not in _readers_of_delegate(membership, at):
        return None
    with override(mail.user.language):
        return text_of(_delegate(membership, mail.user), mail.user)


def _readers_of_delegate(membership: Membership, at: datetime) -> list[User]:
    """The delegate and the owners of the accounts of the role, each once. Two queries."""
    accounts = ServiceContract.objects.filter(billing_account__customer=membership.customer)
    if membership.billing_account_id:
        accounts = accounts.filter(billing_account=membership.billing_account_id)
    owners = owners_of(contracts=list(accounts.values_list("pk", flat=True)), at=at)
    return list({owner.pk: owner for owner in (*owners, membership.user)}.values())


def _waiting_request(request: ConsentRequest, person: str) -> Letter:
    words = {"company": in_one_line(request.client.name), "person": person}
    asks = _("%(person)s read the request and asks you to decide. Nothing is shared until you say yes.")
    return Letter(
        subject=_("%(company)s needs your decision") % words,
        paragraphs=(_("%(company)s asks to see data about your energy service.") % words, asks % words),
        rows=(
            (_("Company"), words["company"]),
            (_("Reference"), request.reference),
            (_("Open until"), moment_with_zone(request.expires)),
        ),
        path=f"/my/requests/{request.reference}/",
        link_words=_("Read the request and decide"),
    )


def _delegate(membership: Membership, reader: User) -> Letter:
    assert membership.until is not None
    words = {
        "person": in_one_line(membership.user),
        "customer": in_one_line(membership.customer.name),
        "day": day_in_words(last_day(membership.until)),
    }
    if reader.pk == membership.user_id:
        subject, may = _("You can act for %(customer)s until %(day)s"), _what_you_may(membership)
    else:
        subject, may = _("%(person)s can act for you until %(day)s"), _what_they_may(membership)
    return Letter(
        subject=subject % words,
        paragraphs=(may, _("It ends by itself on that day. It can be ended sooner at any time.")),
        rows=((_("Until"), words["day"]),),
        path="/my/people/",
        link_words=_("See who can act for whom"),
    )


def _what_you_may(membership: Membership) -> str:
    if membership.may_share:
        return _("You can see the data and share it with companies. The owners are told of each sharing.")
    return _("You can see the data. You cannot share it.")


def _what_they_may(membership: Membership) -> str:
    if membership.may_share:
        return _("They can see the data and share it with companies. You are told of each sharing.")
    return _("They can see the data. They cannot share it.")


def write_letter(kind: str, letter: Letter, user: User, *, occasion: str, at: datetime) -> None:
    """Write `letter` to `user`, once for `occasion`; call it in the reader's language."""
    key, mail = f"{kind}:{occasion}:{user.public_id}", text_of(letter, user)
    write_mail(kind=kind, dedup_key=key, user=user, mail=mail, at=at)


def text_of(letter: Letter, user: User) -> MailText:
    """`letter` as a mail to `user`; call it in the reader's language."""
    return MailText(
        language=user.language,
        utility=settings.UTILITY_NAME,
        support_url=settings.SUPPORT_URL,
        subject=letter.subject,
        paragraphs=letter.paragraphs,
        rows=letter.rows,
        link=f"{settings.PUBLIC_URL}{letter.path}",
        link_words=letter.link_words,
    )


def in_one_line(words: object) -> str:
    """On one line: a name cannot add a header."""
    return " ".join(str(words).split())


def moment_with_zone(moment: datetime) -> str:
    return f"{moment_in_words(moment)} ({zone_in_words()})"
