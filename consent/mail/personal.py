"""Mails to one person about something other than a change of a grant. Each once for its occasion."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.notice_links import off_link
from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import Membership, NoticeKind, OutgoingMail, ServiceContract, User
from accounts.queries.roles import owners_of
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import ConsentRequest, RequestStatus
from consent.queries.deciders import deciders_for, is_handed_over_to
from consent.wording import zone_in_words


def mail_waiting_request(*, request: ConsentRequest, viewer: User, at: datetime) -> int:
    """`viewer` may look and not share, and asks for a decision: a mail to each owner of what they see, once a request.

    Returns how many owners there are. Three queries and one for each owner.
    """
    owners = deciders_for(viewer, at=at).exclude(pk=viewer.pk)
    for owner in owners:
        mail = _waiting_request(request, viewer, owner)
        write_personal_mail("needs_decision", mail, owner, occasion=request.reference, at=at)
    return len(owners)


@writes_again("needs_decision")
def _waiting_request_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """While the request waits for the reader's decision."""
    waiting = ConsentRequest.objects.filter(status=RequestStatus.WAITING, expires__gt=at)
    request = waiting.select_related("client", "user").filter(reference=occasion_of(mail)).first()
    if request is None or request.user is None or mail.user is None:
        return None
    if not is_handed_over_to(mail.user, request, at=at):
        return None
    return _waiting_request(request, request.user, mail.user)


def mail_delegate_role(*, membership: Membership, at: datetime) -> None:
    """Mail the owners of the accounts of a delegate's role, and the delegate, that it holds and until when."""
    assert membership.until is not None  # the database lets no delegate be without an end
    occasion = f"{membership.pk}:{membership.until:%Y%m%d%H%M%S}:{int(membership.may_share)}"
    for reader in _readers_of_delegate(membership, at):
        mail = _delegate_role(membership, reader)
        write_personal_mail("delegate", mail, reader, occasion=occasion, at=at)


@writes_again("delegate")
def _delegate_role_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """While the role holds, for its delegate and the owners."""
    roles = Membership.objects.filter(pk=occasion_of(mail), until__gt=at)
    membership = roles.select_related("customer", "user").first()
    if membership is None or mail.user is None or mail.user not in _readers_of_delegate(membership, at):
        return None
    return _delegate_role(membership, mail.user)


def _readers_of_delegate(membership: Membership, at: datetime) -> list[User]:
    """The delegate and the owners of the accounts of the role, each once. Two queries."""
    accounts = ServiceContract.objects.filter(billing_account__customer=membership.customer)
    if membership.billing_account_id:
        accounts = accounts.filter(billing_account=membership.billing_account_id)
    owners = owners_of(contracts=list(accounts.values_list("pk", flat=True)), at=at)
    return list({owner.pk: owner for owner in (*owners, membership.user)}.values())


def _waiting_request(request: ConsentRequest, viewer: User, reader: User) -> MailText:
    words = {"company": in_one_line(request.client.name), "person": in_one_line(viewer)}
    with override(reader.language):
        asks = _("%(person)s read the request and asks you to decide. Nothing is shared until you say yes.")
        return mail_to(
            reader,
            subject=_("%(company)s needs your decision") % words,
            paragraphs=(
                _("%(company)s asks to see data about your energy service.") % words,
                asks % words,
            ),
            rows=(
                (_("Company"), words["company"]),
                (_("Reference"), request.reference),
                (_("Open until"), moment_with_zone(request.expires)),
            ),
            path=f"/my/requests/{request.reference}/",
            link_words=_("Read the request and decide"),
        )


def _delegate_role(membership: Membership, reader: User) -> MailText:
    assert membership.until is not None
    with override(reader.language):
        if reader.pk == membership.user_id:
            subject = _("You can act for %(customer)s until %(day)s")
            may = _("You can see the data. You cannot share it.")
            if membership.may_share:
                may = _(
                    "You can see the data and share it with companies. The owners are told of each sharing."
                )
        else:
            subject = _("%(person)s can act for you until %(day)s")
            may = _("They can see the data. They cannot share it.")
            if membership.may_share:
                may = _("They can see the data and share it with companies. You are told of each sharing.")
        day = day_in_words(last_day(membership.until))
        words = {
            "person": in_one_line(membership.user),
            "customer": in_one_line(membership.customer.name),
            "day": day,
        }
        return mail_to(
            reader,
            subject=subject % words,
            paragraphs=(may, _("It ends by itself on that day. It can be ended sooner at any time.")),
            rows=((_("Until"), day),),
            path="/my/people/",
            link_words=_("See who can act for whom"),
        )


def write_personal_mail(
    kind: str, mail: MailText, user: User, *, occasion: str, at: datetime, about: str = ""
) -> None:
    """Write `mail` to `user`, once for `occasion`; `about` is the public id of the grant that it tells of, if any."""
    dedup_key = f"{kind}:{occasion}:{user.public_id}"
    write_mail(kind=kind, dedup_key=dedup_key, user=user, mail=mail, at=at, about=about)


def mail_to(
    user: User,
    *,
    subject: str,
    paragraphs: tuple[str, ...],
    rows: tuple[tuple[str, str], ...] = (),
    path: str,
    link_words: str,
    notice: NoticeKind | None = None,
) -> MailText:
    """What a mail to `user` says; `rows` are pairs of label and value, `path` is where its link leads. A `notice` can
    be turned off."""
    return MailText(
        language=user.language,
        utility=settings.UTILITY_NAME,
        support_url=settings.SUPPORT_URL,
        subject=subject,
        paragraphs=paragraphs,
        rows=rows,
        link=f"{settings.PUBLIC_URL}{path}",
        link_words=link_words,
        off_link=off_link(user, notice) if notice else "",
    )


def in_one_line(words: object) -> str:
    """On one line: a name cannot add a header."""
    return " ".join(str(words).split())


def moment_with_zone(moment: datetime) -> str:
    """`November 24, 2029, 6:02 PM (Pacific Time)`."""
    return f"{moment_in_words(moment)} ({zone_in_words()})"
