"""Mails to owners about who can act for them: sent at once, to the address on file (decision 0038)."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import ActivationCode, CodeWay, Membership, OutgoingMail, User
from accounts.queries.roles import concerned_owners
from accounts.role_words import role_in_words
from consent.mail.personal import in_one_line, mail_to, moment_with_zone, write_personal_mail


def mail_login_code(*, code: ActivationCode, at: datetime) -> None:
    """Staff asked for a code that opens a first login: mail every owner."""
    for owner in concerned_owners(customer=code.customer_id, account=None, at=at):
        mail = _login_code(code, owner, at)
        write_personal_mail("login_code", mail, owner, occasion=str(code.pk), at=at)


def mail_new_login(*, membership: Membership, at: datetime) -> None:
    """Somebody is an owner or a viewer now, by whatever way: mail every other owner of what the role reaches."""
    occasion = f"{membership.pk}:{membership.role}:{membership.version_at or membership.created:%Y%m%d%H%M%S}"
    for owner in _other_owners(membership, at):
        mail = _new_login(membership, owner, at)
        write_personal_mail("new_login", mail, owner, occasion=occasion, at=at)


def mail_agreement(*, membership: Membership, by: User, at: datetime) -> None:
    """An owner agreed: mail who waited, and the other owners."""
    words = {"person": in_one_line(membership.user), "by": in_one_line(by)}
    for reader in (membership.user, *_other_owners(membership, at)):
        with override(reader.language):
            if reader.pk == membership.user_id:
                subject = _("You can share data now")
                sentence = _("%(by)s agreed that you can share data with companies.")
            else:
                subject = _("%(person)s can share data now")
                sentence = _("%(by)s agreed that %(person)s can share data with companies.")
            rows = (
                (_("Customer"), in_one_line(membership.customer.name)),
                (_("Time"), moment_with_zone(at)),
            )
            mail = _mail(reader, subject % words, (sentence % words,), rows)
        occasion = f"{membership.pk}:{at:%Y%m%d%H%M%S}"
        write_personal_mail("agreed", mail, reader, occasion=occasion, at=at)


def mail_notice(*, membership: Membership, by: User, at: datetime) -> None:
    """An owner gave another notice, or took it back (no `until`): mail every owner, whom it is about too (P-36)."""
    words = {"person": in_one_line(membership.user), "by": in_one_line(by)}
    for reader in (membership.user, *_other_owners(membership, at)):
        with override(reader.language):
            rows = [(_("Customer"), in_one_line(membership.customer.name)), (_("Time"), moment_with_zone(at))]
            if membership.until is None:
                subject = _("%(person)s stays an owner")
                paragraphs = [_("%(by)s took back the notice to %(person)s.") % words]
            else:
                subject = _("%(person)s stops being an owner in 14 days")
                paragraphs = [
                    _("%(by)s gave %(person)s notice: from then on they see and share nothing more.") % words,
                    _("Until then another owner can keep them under “People”. If this is wrong, tell us."),
                ]
                rows.append((_("Ends"), moment_with_zone(membership.until)))
            mail = _mail(reader, subject % words, tuple(paragraphs), tuple(rows))
        occasion = f"{membership.pk}:{at:%Y%m%d%H%M%S}"
        write_personal_mail("owner_notice", mail, reader, occasion=occasion, at=at)


def mail_new_address(*, user: User, at: datetime) -> None:
    """Staff changed the address `user` logs in with: mail the other owners of each customer that `user` acts for."""
    for membership in Membership.objects.filter(user=user).select_related("customer", "user").order_by("pk"):
        occasion = f"{membership.pk}:{at:%Y%m%d%H%M%S}"
        for owner in _other_owners(membership, at):
            mail = _new_address(membership, owner, at)
            write_personal_mail("new_address", mail, owner, occasion=occasion, at=at)


@writes_again("login_code")
def _login_code_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is an owner still, with the time of then."""
    code = ActivationCode.objects.select_related("customer").filter(pk=occasion_of(mail)).first()
    if code is None or mail.user is None:
        return None
    if mail.user not in concerned_owners(customer=code.customer_id, account=None, at=at):
        return None
    return _login_code(code, mail.user, mail.created)


@writes_again("new_login", "new_address")
def _role_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is an owner still, while the role is in force, with the time of then."""
    membership = Membership.objects.select_related("customer", "user").filter(pk=occasion_of(mail)).first()
    if membership is None or mail.user is None or mail.user not in _other_owners(membership, at):
        return None
    written = _new_login if mail.kind == "new_login" else _new_address
    return written(membership, mail.user, mail.created)


def _other_owners(membership: Membership, at: datetime) -> QuerySet[User]:
    owners = concerned_owners(customer=membership.customer_id, account=membership.billing_account_id, at=at)
    return owners.exclude(pk=membership.user_id)


def _login_code(code: ActivationCode, reader: User, at: datetime) -> MailText:
    with override(reader.language):
        ways: dict[str, str] = {
            CodeWay.MAIL: _("By e-mail to an owner"),
            CodeWay.LETTER: _("By letter to the address of the bill"),
        }
        requested = _("We were asked for a code that gives a person a login for %(customer)s.")
        return _mail(
            reader,
            _("A code for a new login to your account"),
            (requested % {"customer": in_one_line(code.customer.name)}, _if_unknown()),
            (
                (_("What they may do"), str(role_in_words(code.role, may_share=False))),
                (_("How the code is sent"), ways.get(code.way, _("Told to the person"))),
                (_("Time"), moment_with_zone(at)),
            ),
        )


def _new_login(membership: Membership, reader: User, at: datetime) -> MailText:
    words = {"person": in_one_line(membership.user), "customer": in_one_line(membership.customer.name)}
    shares_from = membership.shares_from
    with override(reader.language):
        paragraphs = [_("%(person)s has a login for %(customer)s from now on.") % words]
        if shares_from is not None and shares_from > at:
            waits = _(
                "They can look at once, and share data with companies from %(moment)s. You can agree to it sooner."
            )
            paragraphs.append(waits % {"moment": moment_with_zone(shares_from)})
        role = role_in_words(membership.role, may_share=membership.may_share)
        return _mail(
            reader,
            _("%(person)s can act for you now") % words,
            (*paragraphs, _if_unknown()),
            (
                (_("Person"), words["person"]),
                (_("E-mail address"), membership.user.email),
                (_("What they may do"), str(role)),
                (_("Time"), moment_with_zone(at)),
            ),
        )


def _new_address(membership: Membership, reader: User, at: datetime) -> MailText:
    words = {"person": in_one_line(membership.user)}
    with override(reader.language):
        changed = _("We were told that %(person)s, who can act for you, has another e-mail address.")
        return _mail(
            reader,
            _("We changed the e-mail address of %(person)s") % words,
            (changed % words, _if_unknown()),
            ((_("E-mail address"), membership.user.email), (_("Time"), moment_with_zone(at))),
        )


def _mail(
    reader: User, subject: str, paragraphs: tuple[str, ...], rows: tuple[tuple[str, str], ...]
) -> MailText:
    return mail_to(
        reader,
        subject=subject,
        paragraphs=paragraphs,
        rows=rows,
        path="/my/people/",
        link_words=_("See who can act for whom"),
    )


def _if_unknown() -> str:
    return _("If you know nothing of this, end the role under “People” and tell us at once.")
