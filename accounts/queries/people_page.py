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
from accounts.queries.support_sessions import SessionRecord, support_sessions_of
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words

ROLES: dict[str, str | Promise] = {
    Role.OWNER: gettext_lazy("Owner: sees and shares"),
    Role.VIEWER: gettext_lazy("Viewer: sees"),
    Role.DELEGATE: gettext_lazy("Delegate: sees, until a date"),
}
_SHARING_DELEGATE = gettext_lazy("Delegate: sees and shares, until a date")
_MOST_EVENTS = 50
_MOST_ROLES = 50  # roles of one customer; the others are found by searching
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
class SupportSessionLine:
    """When the utility's support viewed the customer's pages, and why."""

    moment: str
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerPeople:
    """One customer as its owner sees it; who is no owner sees their own role alone (`manages` False). Everybody sees
    the `support_sessions`.

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
    support_sessions: tuple[SupportSessionLine, ...]


def people_page(*, user: User, at: datetime, search: str = "") -> tuple[CustomerPeople, ...]:
    """Every customer for whom `user` has a role, by name; of those they own, the people whose name, address or
    account has `search` in it. Six queries, however many people.
    """
    own_roles = list(
        Membership.objects.filter(holds(at), user=user).select_related("customer", "billing_account")
    )
    managed_accounts = {
        row.customer_id: _managed_accounts(own_roles, row.customer_id, at)
        for row in own_roles
        if _is_settled_owner(row, at)
    }
    roles = _within_managed(
        managed_accounts, Membership.objects.select_related("user", "billing_account", "customer")
    )
    invited = _within_managed(managed_accounts, Invitation.objects.filter(accepted=None, withdrawn=None))
    event_rows = _within_managed(
        managed_accounts, RoleEvent.objects.select_related("user", "by", "billing_account")
    )
    waiting = list(invited.select_related("billing_account"))
    events = list(event_rows[: _MOST_EVENTS * max(len(managed_accounts), 1)])
    rank = Case(*(When(role=role, then=place) for place, role in enumerate(_ORDER)))
    matching = roles.filter(
        Q(user__name__icontains=search)
        | Q(user__email__icontains=search)
        | Q(billing_account__account_number__icontains=search)
    )
    order = (rank, "user__email", "pk")
    ranked = matching.annotate(
        place=Window(RowNumber(), partition_by=F("customer"), order_by=order),
        found=Window(Count("pk"), partition_by=F("customer")),
    )
    listed: list[Membership] = [*ranked.filter(place__lte=_MOST_ROLES).order_by(*order)]
    owners = Count("pk", filter=Q(role=Role.OWNER))
    counts = roles.order_by().values("customer").annotate(owners=owners, total=Count("pk"))
    totals = {row["customer"]: (row["owners"], row["total"]) for row in counts}
    customers = {row.customer_id: row.customer for row in own_roles}
    sessions = support_sessions_of(customer_ids=customers.keys())
    return tuple(
        _customer(
            customer,
            user,
            at,
            own_roles,
            waiting,
            events,
            sessions,
            listed if customer.pk in managed_accounts else None,
            *totals.get(customer.pk, (0, 0)),
        )
        for customer in sorted(customers.values(), key=lambda row: (row.name, row.pk))
    )


def managed_role(*, user: User, customer: str, person: str, part: str, at: datetime) -> Membership | None:
    """The role that a page of `people_page` names, for who owns what it reaches or whose own it is; else None."""
    memberships = Membership.objects.select_related("user", "customer", "billing_account")
    membership = memberships.filter(_role_filter(customer, person, part)).first()
    if membership is None:
        return None
    scope = Q(billing_account=None)
    if membership.billing_account_id is not None:
        scope |= Q(billing_account=membership.billing_account_id)
    own_roles = Membership.objects.filter(holds(at), settled(at), user=user, customer=membership.customer_id)
    if membership.user_id == user.pk or own_roles.filter(scope, role=Role.OWNER).exists():
        return membership
    return None


def was_ended(*, user: User, customer: str, person: str, part: str, at: datetime) -> bool:
    """Whether people ended the role so named, for who did it or owns what it reached. Two queries."""
    last = RoleEvent.objects.filter(_role_filter(customer, person, part)).first()
    if last is None or last.verb not in {RoleVerb.ENDED, RoleVerb.LEFT}:
        return False
    return last.by_id == user.pk or owns(
        user=user, customer=last.customer_id, account=last.billing_account_id, at=at
    )


def managed_invitation(*, user: User, public_id: str, at: datetime) -> Invitation | None:
    """An invitation, open or over, to what `user` owns; else None."""
    own_roles = list(Membership.objects.filter(holds(at), settled(at), user=user, role=Role.OWNER))
    managed = {
        membership.customer_id: _managed_accounts(own_roles, membership.customer_id, at)
        for membership in own_roles
    }
    return _within_managed(managed, Invitation.objects.filter(public_id=public_id)).first()


def role_in_words(role: str, *, may_share: bool) -> str | Promise:
    return _SHARING_DELEGATE if role == Role.DELEGATE and may_share else ROLES[role]


def _role_filter(customer: str, person: str, part: str) -> Q:
    account = Q(billing_account=None) if part == "all" else Q(billing_account__public_id=part)
    return Q(account, customer__public_id=customer, user__public_id=person)


def _is_settled_owner(membership: Membership, at: datetime) -> bool:
    """An owner who waits sees their own role and rules nobody else's."""
    return membership.role == Role.OWNER and (membership.shares_from is None or membership.shares_from <= at)


def _managed_accounts(own_roles: Iterable[Membership], customer: int, at: datetime) -> frozenset[int] | None:
    """Database keys of the accounts that the reader owns; None = all of the customer's."""
    accounts = {
        membership.billing_account_id
        for membership in own_roles
        if membership.customer_id == customer and _is_settled_owner(membership, at)
    }
    return None if None in accounts else frozenset(key for key in accounts if key is not None)


def _within_managed(managed: dict[int, frozenset[int] | None], rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Those of a customer, or of the accounts of it, that the reader owns."""
    inside = Q(pk__in=[])
    for customer, accounts in managed.items():
        inside |= Q(customer=customer) if accounts is None else Q(billing_account__in=accounts)
    return rows.filter(inside)


def _customer(
    customer: Customer,
    user: User,
    at: datetime,
    own_roles: list[Membership],
    invitations: list[Invitation],
    events: list[RoleEvent],
    sessions: tuple[SessionRecord, ...],
    managed_roles: list[Membership] | None,
    owners: int,
    total: int,
) -> CustomerPeople:
    listed = [
        row
        for row in (own_roles if managed_roles is None else managed_roles)
        if row.customer_id == customer.pk
    ]
    matching = getattr(listed[0], "found", len(listed)) if listed else 0
    return CustomerPeople(
        public_id=customer.public_id,
        name=customer.name,
        manages=managed_roles is not None,
        people=tuple(
            _person(row, user, at, last_owner=row.role == Role.OWNER and owners == 1) for row in listed
        ),
        shown=len(listed),
        found=matching,
        is_cut=len(listed) < matching,
        has_search=total >= _SEARCH_FROM,
        invitations=tuple(_invitation(row, at) for row in invitations if row.customer_id == customer.pk),
        history=tuple(_event(row) for row in events if row.customer_id == customer.pk)[:_MOST_EVENTS],
        support_sessions=tuple(
            SupportSessionLine(moment_in_words(row.at), row.reason)
            for row in sessions
            if row.customer_id == customer.pk
        ),
    )


def _person(membership: Membership, user: User, at: datetime, *, last_owner: bool) -> PersonLine:
    account = membership.billing_account
    is_waiting = membership.shares_from is not None and membership.shares_from > at
    return PersonLine(
        customer_id=membership.customer.public_id,
        user_id=membership.user.public_id,
        part=account.public_id if account else "all",
        name=str(membership.user),
        email=membership.user.email,
        role=role_in_words(membership.role, may_share=membership.may_share),
        reach=_scope_text(membership),
        until=day_in_words(last_day(membership.until)) if membership.until else "",
        has_ended=membership.until is not None and membership.until <= at,
        last_login=moment_in_words(membership.user.last_login) if membership.user.last_login else _("Never"),
        is_self=membership.user_id == user.pk,
        is_delegate=membership.role == Role.DELEGATE,
        may_end=not last_owner,
        shares_from=moment_in_words(membership.shares_from) if is_waiting and membership.shares_from else "",
        may_agree=is_waiting and membership.user_id != user.pk,
    )


def _invitation(invitation: Invitation, at: datetime) -> InvitationLine:
    return InvitationLine(
        public_id=invitation.public_id,
        email=invitation.email,
        role=role_in_words(invitation.role, may_share=invitation.may_share),
        reach=_scope_text(invitation),
        sent=moment_in_words(invitation.sent),
        expires=moment_in_words(invitation.expires),
        is_over=invitation.expires <= at,
    )


def _scope_text(row: Membership | Invitation | RoleEvent) -> str:
    account = row.billing_account
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
        "reach": _scope_text(event),
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
