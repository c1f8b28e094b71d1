"""Who may act for whom."""

import re
from datetime import timedelta
from types import SimpleNamespace

from django.core import mail

from accounts.mail.queue import send_waiting_mail
from accounts.models import Membership, Role
from accounts.services.inviting import Offered, invite
from accounts.services.roles import end_role
from cdsc_portal.lib.time import clock
from tests.factories.accounts import BillingAccountFactory, MembershipFactory, UserFactory, household
from tests.journeys.pages.base import MapPage, logged_in


def a_household():
    """The holder, two more owners, one under notice, a viewer, a delegate, one invited and one who had to go."""
    home = household(owner=UserFactory(email="ana@example.com", name="Ana Example"))
    customer, at = home.account.customer, clock.now()
    Membership.objects.filter(user=home.owner).update(is_account_holder=True)
    partner = MembershipFactory(customer=customer, user=UserFactory(name="Ben Example"), role=Role.OWNER)
    leaving = MembershipFactory(customer=customer, user=UserFactory(name="Gus Example"), role=Role.OWNER)
    end_role(membership=leaving, by=home.owner, at=at)
    MembershipFactory(customer=customer, user=UserFactory(name="Carol Example"), role=Role.VIEWER)
    delegate = MembershipFactory(
        customer=customer,
        user=UserFactory(name="Dora Example"),
        role=Role.DELEGATE,
        may_share=True,
        until=at + timedelta(days=60),
    )
    gone = MembershipFactory(customer=customer, user=UserFactory(name="Emil Example"), role=Role.VIEWER)
    end_role(membership=gone, by=home.owner, at=at)
    invite(
        email="frida@example.com",
        offered=Offered(customer, None, Role.VIEWER, False, None),
        by=home.owner,
        at=at,
    )
    viewer = MembershipFactory(customer=customer, role=Role.VIEWER).user
    return SimpleNamespace(owner=home.owner, viewer=viewer, delegate=delegate, partner=partner)


def a_chain():
    """One owner, more people than a page shows, more accounts than a list."""
    home = household(owner=UserFactory(email="ana@example.com", name="Ana Example"))
    BillingAccountFactory.create_batch(12, customer=home.customer)
    MembershipFactory.create_batch(60, customer=home.customer, role=Role.VIEWER)
    return SimpleNamespace(owner=home.owner)


def an_invitation():
    a_household()
    mail.outbox = []
    send_waiting_mail(at=clock.now(), logins_only=True)
    return re.search(r"/accounts/join/\S+/", mail.outbox[0].body).group()


def as_owner(path):
    return lambda page, home: logged_in(page, home.owner.email, path(home))


def _role(held, what):
    return f"/my/people/{held.customer.public_id}/{held.user.public_id}/all/{what}/"


PAGES = (
    MapPage(
        "people",
        a_household,
        as_owner(lambda _home: "/my/people/"),
        {"en": "People", "es": "Personas"},
        ("table", "li.card"),
    ),
    MapPage(
        "people-viewer",
        a_household,
        lambda page, home: logged_in(page, home.viewer.email, "/my/people/"),
        {"en": "People", "es": "Personas"},
        ("table",),
    ),
    MapPage(
        "people-invite",
        a_household,
        as_owner(lambda _home: "/my/people/invite/"),
        {"en": "Invite a person", "es": "Invitar a una persona"},
        ("input[name=email]",),
    ),
    MapPage(
        "people-many",
        a_chain,
        as_owner(lambda _home: "/my/people/"),
        {"en": "People", "es": "Personas"},
        ("input[type=search]", "table"),
    ),
    MapPage(
        "people-invite-by-number",
        a_chain,
        as_owner(lambda _home: "/my/people/invite/"),
        {"en": "Invite a person", "es": "Invitar a una persona"},
        ("input[name=number]",),
    ),
    MapPage(
        "people-change",
        a_household,
        as_owner(lambda home: _role(home.delegate, "change")),
        {"en": "What Dora Example may do", "es": "Qué puede hacer Dora Example"},
    ),
    MapPage(
        "people-end",
        a_household,
        as_owner(lambda home: _role(home.delegate, "end")),
        {"en": "End the role of Dora Example?", "es": "¿Terminar el permiso de Dora Example?"},
        (".decision",),
    ),
    MapPage(
        "people-notice",
        a_household,
        as_owner(lambda home: _role(home.partner, "end")),
        {"en": "End the role of Ben Example?", "es": "¿Terminar el permiso de Ben Example?"},
        (".decision",),
    ),
    MapPage(
        "people-join",
        an_invitation,
        lambda page, link: page.goto(link),
        {"en": "Ana Example invites you", "es": "Ana Example le invita"},
        ("input[name=password1]",),
    ),
    MapPage(
        "people-join-over",
        lambda: None,
        lambda page, _world: page.goto("/accounts/join/nothing/"),
        {"en": "This invitation is over", "es": "Esta invitación ha terminado"},
    ),
)
