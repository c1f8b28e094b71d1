"""/my/people/: who may act for the reader's accounts, who was invited, and what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import Case, Count, F, Model, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Customer, Invitation, Membership, Role, RoleEvent, RoleVerb, User
from accounts.queries.roles import holds, owns, settled
from accounts.queries.support_sessions import Look, looks
from cdsc_portal.lib.dates_in_words import day_in_words, last_day, moment_in_words

ROLES: dict[str, str | Promise] = {
    Role.OWNER: gettext_lazy("Owner: sees and shares"),
    Role.VIEWER: gettext_lazy("Viewer: sees"),
    Role.DELEGATE: gettext_lazy("Delegate: sees, until a date"),
}
_SHARES = gettext_lazy("Delegate: sees and shares, until a date")
_HISTORY = 50
_SHOWN = 50  # roles of one customer; the others are found by searching
_SEARCH_FROM = 11
_ORDER = (Role.OWNER, Role.DELEGATE, Role.VIEWER)
_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One role. `part` is what its pages are found by: an account's public id, or `all`."""

    customer_id: str
    user_id: str
    part: str
    name: str
    email: str
    role: str | Promise
    reach: str
    until: str
    has_ended: bool
    last_login: str
    is_self: bool
    is_delegate: bool
    may_end: bool
    shares_from: str
    may_agree: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    public_id: str
    email: str
    role: str | Promise
    reach: str
    sent: str
    expires: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    moment: str
    text: str


@dataclass(frozen=True, slots=True)
class LookLine:
    """When the utility's support looked at the customer's pages, and why."""

    moment: str
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerPeople:
    """One customer as its owner sees it; who is no owner sees their own role alone (`manages` False). Everybody sees
    the `looks` of support.

    `found` roles fit what was searched for; `people` are the first of them, `shown` in number.
    """

    public_id: str
    name: str
    manages: bool
    people: tuple[PersonLine, ...]
    shown: int
    found: int
    is_cut: bool
    has_search: bool
    invitations: tuple[InvitationLine, ...]
    history: tuple[HistoryLine, ...]
    looks: tuple[LookLine, ...]


def people_page(*, user: User, at: datetime, search: str = "") -> tuple[CustomerPeople, ...]:
    """Every customer for whom `user` has a role, by name; of those they own, the people whose name, address or
    account has `search` in it. Six queries, however many people.
    """
    own = list(Membership.objects.filter(holds(at), user=user).select_related("customer", "billing_account"))
    managed = {one.customer_id: _reach(own, one.customer_id, at) for one in own if _rules(one, at)}
    roles = _managed(managed, Membership.objects.select_related("user", "billing_account", "customer"))
    invited = _managed(managed, Invitation.objects.filter(accepted=None, withdrawn=None))
    events = _managed(managed, RoleEvent.objects.select_related("user", "by", "billing_account"))
    waiting = list(invited.select_related("billing_account"))
    happened = list(events[: _HISTORY * max(len(managed), 1)])
    rank = Case(*(When(role=role, then=place) for place, role in enumerate(_ORDER)))
    found = roles.filter(
        Q(user__name__icontains=search)
        | Q(user__email__icontains=search)
        | Q(billing_account__account_number__icontains=search)
    )
    order = (rank, "user__email", "pk")
    placed = found.annotate(
        place=Window(RowNumber(), partition_by=F("customer"), order_by=order),
        found=Window(Count("pk"), partition_by=F("customer")),
    )
    held: list[Membership] = [*placed.filter(place__lte=_SHOWN).order_by(*order)]
    owners = Count("pk", filter=Q(role=Role.OWNER))
    counts = roles.order_by().values("customer").annotate(owners=owners, total=Count("pk"))
    totals = {one["customer"]: (one["owners"], one["total"]) for one in counts}
    customers = {one.customer_id: one.customer for one in own}
    seen = looks(customer_ids=customers.keys())
    return tuple(
        _customer(
            customer,
            user,
            at,
            own,
            waiting,
            happened,
            seen,
            held if customer.pk in managed else None,
            *totals.get(customer.pk, (0, 0)),
        )
        for customer in sorted(customers.values(), key=lambda one: (one.name, one.pk))
    )


def managed_role(*, user: User, customer: str, person: str, part: str, at: datetime) -> Membership | None:
    """The role that a page of `people_page` names, for who owns what it reaches or whose own it is; else None."""
    found = Membership.objects.select_related("user", "customer", "billing_account")
    held = found.filter(_named(customer, person, part)).first()
    if held is None:
        return None
    reach = Q(billing_account=None)
    if held.billing_account_id is not None:
        reach |= Q(billing_account=held.billing_account_id)
    mine = Membership.objects.filter(holds(at), settled(at), user=user, customer=held.customer_id)
    if held.user_id == user.pk or mine.filter(reach, role=Role.OWNER).exists():
        return held
    return None


def was_ended(*, user: User, customer: str, person: str, part: str, at: datetime) -> bool:
    """Whether people ended the role so named, for who did it or owns what it reached. Two queries."""
    last = RoleEvent.objects.filter(_named(customer, person, part)).first()
    if last is None or last.verb not in {RoleVerb.ENDED, RoleVerb.LEFT}:
        return False
    return last.by_id == user.pk or owns(
        user=user, customer=last.customer_id, account=last.billing_account_id, at=at
    )


def managed_invitation(*, user: User, public_id: str, at: datetime) -> Invitation | None:
    """An invitation, open or over, to what `user` owns; else None."""
    own = list(Membership.objects.filter(holds(at), settled(at), user=user, role=Role.OWNER))
    managed = {one.customer_id: _reach(own, one.customer_id, at) for one in own}
    return _managed(managed, Invitation.objects.filter(public_id=public_id)).first()


def role_in_words(role: str, *, may_share: bool) -> str | Promise:
    return _SHARES if role == Role.DELEGATE and may_share else ROLES[role]


def _named(customer: str, person: str, part: str) -> Q:
    account = Q(billing_account=None) if part == "all" else Q(billing_account__public_id=part)
    return Q(account, customer__public_id=customer, user__public_id=person)


def _rules(held: Membership, at: datetime) -> bool:
    """An owner who waits sees their own role and rules nobody else's."""
    return held.role == Role.OWNER and (held.shares_from is None or held.shares_from <= at)


def _reach(own: Iterable[Membership], customer: int, at: datetime) -> frozenset[int] | None:
    """Database keys of the accounts that the reader owns; None = all of the customer's."""
    accounts = {one.billing_account_id for one in own if one.customer_id == customer and _rules(one, at)}
    return None if None in accounts else frozenset(key for key in accounts if key is not None)


def _managed(managed: dict[int, frozenset[int] | None], rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Those of a customer, or of the accounts of it, that the reader owns."""
    inside = Q(pk__in=[])
    for customer, accounts in managed.items():
        inside |= Q(customer=customer) if accounts is None else Q(billing_account__in=accounts)
    return rows.filter(inside)


def _customer(
    customer: Customer,
    user: User,
    at: datetime,
    own: list[Membership],
    waiting: list[Invitation],
    happened: list[RoleEvent],
    seen: tuple[Look, ...],
    held: list[Membership] | None,
    owners: int,
    total: int,
) -> CustomerPeople:
    listed = [one for one in (own if held is None else held) if one.customer_id == customer.pk]
    found = getattr(listed[0], "found", len(listed)) if listed else 0
    return CustomerPeople(
        public_id=customer.public_id,
        name=customer.name,
        manages=held is not None,
        people=tuple(
            _person(one, user, at, last_owner=one.role == Role.OWNER and owners == 1) for one in listed
        ),
        shown=len(listed),
        found=found,
        is_cut=len(listed) < found,
        has_search=total >= _SEARCH_FROM,
        invitations=tuple(_invitation(one, at) for one in waiting if one.customer_id == customer.pk),
        history=tuple(_event(one) for one in happened if one.customer_id == customer.pk)[:_HISTORY],
        looks=tuple(
            LookLine(moment_in_words(one.at), one.reason) for one in seen if one.customer_id == customer.pk
        ),
    )


def _person(held: Membership, user: User, at: datetime, *, last_owner: bool) -> PersonLine:
    account = held.billing_account
    waits = held.shares_from is not None and held.shares_from > at
    return PersonLine(
        customer_id=held.customer.public_id,
        user_id=held.user.public_id,
        part=account.public_id if account else "all",
        name=str(held.user),
        email=held.user.email,
        role=role_in_words(held.role, may_share=held.may_share),
        reach=_account(held),
        until=day_in_words(last_day(held.until)) if held.until else "",
        has_ended=held.until is not None and held.until <= at,
        last_login=moment_in_words(held.user.last_login) if held.user.last_login else _("Never"),
        is_self=held.user_id == user.pk,
        is_delegate=held.role == Role.DELEGATE,
        may_end=not last_owner,
        shares_from=moment_in_words(held.shares_from) if waits and held.shares_from else "",
        may_agree=waits and held.user_id != user.pk,
    )


def _invitation(invitation: Invitation, at: datetime) -> InvitationLine:
    return InvitationLine(
        public_id=invitation.public_id,
        email=invitation.email,
        role=role_in_words(invitation.role, may_share=invitation.may_share),
        reach=_account(invitation),
        sent=moment_in_words(invitation.sent),
        expires=moment_in_words(invitation.expires),
        is_over=invitation.expires <= at,
    )


def _account(held: Membership | Invitation | RoleEvent) -> str:
    account = held.billing_account
    if account is None:
        return _("All accounts")
    return _("Account %(number)s") % {"number": account.account_number}


def _by(user: User | None) -> str:
    """The utility's people act in its name."""
    if user is None:
        return _("somebody whose login is gone")
    return settings.UTILITY_NAME if user.is_staff else str(user)


def _event(event: RoleEvent) -> HistoryLine:
    words = {
        "person": str(event.user) if event.user else event.email,
        "by": _by(event.by),
        "reach": _account(event),
    }
    sentences = {
        RoleVerb.INVITED: _("%(by)s invited %(person)s (%(reach)s)."),
        RoleVerb.SENT_AGAIN: _("%(by)s sent the invitation of %(person)s again (%(reach)s)."),
        RoleVerb.WITHDRAWN: _("%(by)s withdrew the invitation of %(person)s (%(reach)s)."),
        RoleVerb.JOINED: _("%(person)s accepted (%(reach)s)."),
        RoleVerb.CHANGED: _("%(by)s changed the role of %(person)s (%(reach)s)."),
        RoleVerb.ENDED: _("%(by)s ended the role of %(person)s (%(reach)s)."),
        RoleVerb.LEFT: _("%(person)s left (%(reach)s)."),
        RoleVerb.OFFERED: _("%(by)s was asked for a code for a new login (%(reach)s)."),
        RoleVerb.AGREED: _("%(by)s agreed that %(person)s can share (%(reach)s)."),
        RoleVerb.ADDRESS: _("%(by)s changed the e-mail address of %(person)s (%(reach)s)."),
    }
    return HistoryLine(moment_in_words(event.at), sentences[RoleVerb(event.verb)] % words)
