"""/my/people/: who may act for the reader's accounts, who was invited, and what happened."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Invitation, Membership, Role, RoleEvent, User
from accounts.queries.managed import managed_accounts, within_managed
from accounts.queries.roles import holds, lasts
from accounts.queries.support_sessions import support_sessions_of
from accounts.role_words import role_event_in_words, role_in_words, scope_in_words
from accounts.services.roles import is_protected
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words

_MOST_EVENTS = 50
_MOST_ROLES = 50  # roles of one customer; the others are found by searching
_SEARCH_FROM = 11
_ORDER = (Role.OWNER, Role.DELEGATE, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One role. `part` is what its pages are found by: an account's public id, or `all`."""

    customer_id: str
    user_id: str
    part: str
    name: str
    email: str
    role: str | Promise
    scope: str
    until: str
    has_ended: bool
    last_login: str
    is_self: bool
    is_delegate: bool
    is_account_holder: bool
    is_only_owner: bool
    may_end: bool
    may_keep: bool
    shares_from: str
    may_agree: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    public_id: str
    email: str
    role: str | Promise
    scope: str
    sent: str
    expires: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class CustomerPeople:
    """One customer as its owner sees it; who is no owner sees their own role alone (`manages` False). Everybody sees
    the `support_sessions`.

    `history` are moments with what happened, `support_sessions` moments with why support saw the customer's pages.
    `match_count` roles fit what was searched for; `people` are the first of them, `shown` in number.
    """

    public_id: str
    name: str
    manages: bool
    people: tuple[PersonLine, ...]
    shown: int
    match_count: int
    is_cut: bool
    has_search: bool
    invitations: tuple[InvitationLine, ...]
    history: tuple[tuple[str, str], ...]
    support_sessions: tuple[tuple[str, str], ...]


def people_page(*, user: User, at: datetime, search: str = "") -> tuple[CustomerPeople, ...]:
    """Every customer for whom `user` has a role, by name; of those they own, the people whose name, address or
    account has `search` in it. Six queries, however many people.
    """
    own_roles = list(
        Membership.objects.filter(holds(at), user=user).select_related("customer", "billing_account")
    )
    managed = managed_accounts(own_roles, at=at)
    roles = within_managed(managed, Membership.objects.select_related("user", "billing_account", "customer"))
    invitations = within_managed(managed, Invitation.objects.filter(accepted=None, withdrawn=None))
    waiting = list(invitations.select_related("billing_account"))
    history = within_managed(managed, RoleEvent.objects.select_related("user", "by", "billing_account"))
    events = list(history[: _MOST_EVENTS * max(len(managed), 1)])
    listed = [row for row in own_roles if row.customer_id not in managed]
    listed += _matching_roles(roles, search)
    owners = Count("pk", filter=Q(lasts(), role=Role.OWNER))
    counts = roles.order_by().values("customer").annotate(owners=owners, total=Count("pk"))
    totals = {row["customer"]: (row["owners"], row["total"]) for row in counts}
    customers = {row.customer_id: row.customer for row in own_roles}
    sessions = support_sessions_of(customer_ids=customers.keys())

    pages = []
    for customer in sorted(customers.values(), key=lambda row: (row.name, row.pk)):
        owner_count, total = totals.get(customer.pk, (0, 0))
        people = [row for row in listed if row.customer_id == customer.pk]
        match_count = getattr(people[0], "match_count", len(people)) if people else 0
        page = CustomerPeople(
            public_id=customer.public_id,
            name=customer.name,
            manages=customer.pk in managed,
            people=tuple(
                _person(
                    row, user, at, last_owner=owner_count == 1 and row.role == Role.OWNER and not row.until
                )
                for row in people
            ),
            shown=len(people),
            match_count=match_count,
            is_cut=len(people) < match_count,
            has_search=total >= _SEARCH_FROM,
            invitations=tuple(_invitation(row, at) for row in waiting if row.customer_id == customer.pk),
            history=tuple(
                (moment_in_words(row.at), role_event_in_words(row))
                for row in events
                if row.customer_id == customer.pk
            )[:_MOST_EVENTS],
            support_sessions=tuple(
                (moment_in_words(session.at), session.reason)
                for session in sessions
                if session.customer_id == customer.pk
            ),
        )
        pages.append(page)
    return tuple(pages)


def _matching_roles(roles: QuerySet[Membership], search: str) -> list[Membership]:
    """Of each customer the first 50 of `roles` that fit: owners, delegates, viewers. Each knows their `match_count`."""
    matching = roles.filter(
        Q(user__name__icontains=search)
        | Q(user__email__icontains=search)
        | Q(billing_account__account_number__icontains=search)
    )
    rank = Case(*(When(role=role, then=place) for place, role in enumerate(_ORDER)))
    order = (rank, "user__email", "pk")
    ranked = matching.annotate(
        place=Window(RowNumber(), partition_by=F("customer"), order_by=order),
        match_count=Window(Count("pk"), partition_by=F("customer")),
    )
    return [*ranked.filter(place__lte=_MOST_ROLES).order_by(*order)]


def _person(membership: Membership, user: User, at: datetime, *, last_owner: bool) -> PersonLine:
    account = membership.billing_account
    is_self = membership.user_id == user.pk
    has_notice = membership.role == Role.OWNER and membership.until is not None
    is_waiting = membership.shares_from is not None and membership.shares_from > at
    return PersonLine(
        customer_id=membership.customer.public_id,
        user_id=membership.user.public_id,
        part=account.public_id if account else "all",
        name=str(membership.user),
        email=membership.user.email,
        role=role_in_words(membership.role, may_share=membership.may_share),
        scope=scope_in_words(membership),
        until=day_in_words(last_day(membership.until)) if membership.until else "",
        has_ended=membership.until is not None and membership.until <= at,
        last_login=moment_in_words(membership.user.last_login) if membership.user.last_login else _("Never"),
        is_self=is_self,
        is_delegate=membership.role == Role.DELEGATE,
        is_account_holder=membership.role == Role.OWNER and membership.is_account_holder,
        is_only_owner=last_owner,
        may_end=not last_owner and not is_protected(membership, by=user) and (is_self or not has_notice),
        may_keep=has_notice and not is_self and membership.until is not None and membership.until > at,
        shares_from=moment_in_words(membership.shares_from) if is_waiting and membership.shares_from else "",
        may_agree=is_waiting and not is_self,
    )


def _invitation(invitation: Invitation, at: datetime) -> InvitationLine:
    return InvitationLine(
        public_id=invitation.public_id,
        email=invitation.email,
        role=role_in_words(invitation.role, may_share=invitation.may_share),
        scope=scope_in_words(invitation),
        sent=moment_in_words(invitation.sent),
        expires=moment_in_words(invitation.expires),
        is_over=invitation.expires <= at,
    )
