"""Mails to owners about who can act for them: each is told at once, under the address on file (decision 0038)."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import ActivationCode, CodeWay, Membership, OutgoingMail, User
from accounts.queries.roles import owners_reaching
from accounts.role_words import role_in_words
from consent.mail.personal import Letter, in_one_line, moment_with_zone, text_of, write_letter


def tell_of_code(*, code: ActivationCode, at: datetime) -> None:
    """Staff asked for a code that opens a first login: tell every owner."""
    for owner in owners_reaching(customer=code.customer_id, account=None, at=at):
        with override(owner.language):
            write_letter("login_code", _login_code(code, at), owner, occasion=str(code.pk), at=at)


def tell_of_new_login(*, membership: Membership, at: datetime) -> None:
    """Somebody is an owner or a viewer now, by whatever way: tell every other owner of what the role reaches."""
    occasion = f"{membership.pk}:{membership.role}:{membership.version_at or membership.created:%Y%m%d%H%M%S}"
    for owner in _others(membership, at):
        with override(owner.language):
            letter = _new_login(membership, at)
            write_letter("new_login", letter, owner, occasion=occasion, at=at)


def tell_of_agreement(*, membership: Membership, by: User, at: datetime) -> None:
    """An owner agreed: tell who waited, and the other owners."""
    words = {"person": in_one_line(membership.user), "by": in_one_line(by)}
    for reader in (membership.user, *_others(membership, at)):
        with override(reader.language):
            if reader.pk == membership.user_id:
                subject = _("You can share data now")
                said = _("%(by)s agreed that you can share data with companies.")
            else:
                subject = _("%(person)s can share data now")
                said = _("%(by)s agreed that %(person)s can share data with companies.")
            letter = Letter(
                subject=subject % words,
                paragraphs=(said % words,),
                rows=(
                    (_("Customer"), in_one_line(membership.customer.name)),
                    (_("Time"), moment_with_zone(at)),
                ),
                path="/my/people/",
                link_words=_("See who can act for whom"),
            )
            write_letter("agreed", letter, reader, occasion=f"{membership.pk}:{at:%Y%m%d%H%M%S}", at=at)


def tell_of_address(*, user: User, at: datetime) -> None:
    """Staff changed the address `user` logs in with: tell the other owners of each customer that `user` acts for."""
    held = Membership.objects.filter(user=user).select_related("customer", "user").order_by("pk")
    for membership in held:
        for owner in _others(membership, at):
            with override(owner.language):
                letter = _new_address(membership, at)
                occasion = f"{membership.pk}:{at:%Y%m%d%H%M%S}"
                write_letter("new_address", letter, owner, occasion=occasion, at=at)


@writes_again("login_code")
def _login_code_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is an owner still, with the time of then."""
    code = ActivationCode.objects.select_related("customer").filter(pk=occasion_of(mail)).first()
    if code is None or mail.user is None:
        return None
    if mail.user not in owners_reaching(customer=code.customer_id, account=None, at=at):
        return None
    with override(mail.user.language):
        return text_of(_login_code(code, mail.created), mail.user)


@writes_again("new_login", "new_address")
def _role_again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is an owner still, while the role is held, with the time of then."""
    held = Membership.objects.select_related("customer", "user").filter(pk=occasion_of(mail)).first()
    if held is None or mail.user is None or mail.user not in _others(held, at):
        return None
    letter = _new_login if mail.kind == "new_login" else _new_address
    with override(mail.user.language):
        return text_of(letter(held, mail.created), mail.user)


def _others(membership: Membership, at: datetime) -> Iterable[User]:
    owners = owners_reaching(customer=membership.customer_id, account=membership.billing_account_id, at=at)
    return owners.exclude(pk=membership.user_id)


def _login_code(code: ActivationCode, at: datetime) -> Letter:
    return Letter(
        subject=_("A code for a new login to your account"),
        paragraphs=(
            _("We were asked for a code that gives a person a login for %(customer)s.")
            % {"customer": in_one_line(code.customer.name)},
            _not_known(),
        ),
        rows=(
            (_("What they may do"), str(role_in_words(code.role, may_share=False))),
            (_("How the code is sent"), _way(code)),
            (_("Time"), moment_with_zone(at)),
        ),
        path="/my/people/",
        link_words=_("See who can act for whom"),
    )


def _new_login(membership: Membership, at: datetime) -> Letter:
    words = {"person": in_one_line(membership.user), "customer": in_one_line(membership.customer.name)}
    paragraphs = [_("%(person)s has a login for %(customer)s from now on.") % words]
    waits = membership.shares_from
    if waits is not None and waits > at:
        paragraphs.append(
            _(
                "They can look at once, and share data with companies from %(moment)s. You can agree to it sooner."
            )
            % {"moment": moment_with_zone(waits)}
        )
    rows = [
        (_("Person"), words["person"]),
        (_("E-mail address"), membership.user.email),
        (_("What they may do"), str(role_in_words(membership.role, may_share=membership.may_share))),
        (_("Time"), moment_with_zone(at)),
    ]
    return Letter(
        subject=_("%(person)s can act for you now") % words,
        paragraphs=(*paragraphs, _not_known()),
        rows=tuple(rows),
        path="/my/people/",
        link_words=_("See who can act for whom"),
    )


def _new_address(membership: Membership, at: datetime) -> Letter:
    words = {"person": in_one_line(membership.user)}
    return Letter(
        subject=_("We changed the e-mail address of %(person)s") % words,
        paragraphs=(
            _("We were told that %(person)s, who can act for you, has another e-mail address.") % words,
            _not_known(),
        ),
        rows=((_("E-mail address"), membership.user.email), (_("Time"), moment_with_zone(at))),
        path="/my/people/",
        link_words=_("See who can act for whom"),
    )


def _not_known() -> str:
    return _("If you know nothing of this, end the role under “People” and tell us at once.")


def _way(code: ActivationCode) -> str:
    if code.way == CodeWay.MAIL:
        return _("By e-mail to an owner")
    return (
        _("By letter to the address of the bill") if code.way == CodeWay.LETTER else _("Told to the person")
    )
