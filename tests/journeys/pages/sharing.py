"""What is shared, who read it, sharing less, stopping, receipts."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from cdsc_portal.lib.time import clock
from consent.models import Actor, Grant, Receipt
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.revoke import revoke_grant
from tests.consent.pages.readers import read
from tests.factories.accounts import MembershipFactory, ServiceContractFactory, UserFactory, household
from tests.factories.consent import ClientFactory, approve, ask, receipt_page_of
from tests.journeys.consent_steps import EVERYTHING, electricity_and_gas, request_of
from tests.journeys.pages.base import MapPage, logged_in


@dataclass(frozen=True, slots=True)
class Shared:
    """A grant and who looks at it."""

    reader: User
    grant: Grant

    @property
    def receipt(self) -> Receipt:
        return self.grant.receipts.order_by("created").first()


def everything() -> Shared:
    """Six kinds of data of two services, read three times, with another request waiting and an old one ended."""
    home = electricity_and_gas()
    old = approve(ask(EVERYTHING[2], user=home.owner, client=ClientFactory(name="Green Meter (demo)")))
    revoke_grant(grant=old, by=home.owner, actor=Actor.CUSTOMER, at=clock.now())
    grant = approve(request_of(home, *EVERYTHING))
    for hours in (50, 26, 2):
        read(grant, home.contract, at=clock.now() - timedelta(hours=hours))
    request_of(home)
    return Shared(home.owner, grant)


def whole() -> Shared:
    """Two kinds of data that were asked for together: all or none."""
    home = electricity_and_gas()
    client = ClientFactory(name="Sunny Roofs (demo)", all_or_nothing=True)
    return Shared(home.owner, approve(ask(*EVERYTHING[2:4], user=home.owner, client=client)))


def narrowed() -> Shared:
    """Less than at first, by a company that has another name by now."""
    shared = everything()
    electricity = shared.grant.parts.get(scope="usage_data").contracts.get(commodity="electricity")
    kept = (PartDecision("usage_data", frozenset({electricity.pk})),)
    narrow_grant(grant=shared.grant, decision=kept, by=shared.reader, at=clock.now())
    shared.grant.client.name = "Sunny Roofs and Batteries (demo)"
    shared.grant.client.save(update_fields=["name"])
    return shared


def stopped() -> Shared:
    shared = everything()
    revoke_grant(grant=shared.grant, by=shared.reader, actor=Actor.CUSTOMER, at=clock.now())
    return shared


def joint() -> Shared:
    """One owner of one of two accounts; the other shared both."""
    home = household(owner=UserFactory(name="Ada Demo"))
    shop = household(owner=home.owner)
    partner = MembershipFactory(customer=shop.customer, user=UserFactory(name="Ben Demo")).user
    return Shared(partner, approve(request_of(home)))


def many() -> Shared:
    """Thirteen services shared with twelve companies."""
    home = electricity_and_gas()
    for number in range(11):
        ServiceContractFactory(billing_account=home.account, name=f"Store {number + 1}")
        approve(
            ask(EVERYTHING[2], user=home.owner, client=ClientFactory(name=f"Company {number + 1} (demo)"))
        )
    return Shared(home.owner, approve(request_of(home)))


def to(name: str):
    """Go to a page of the grant, logged in."""

    def open_page(page: Page, shared: Shared) -> None:
        logged_in(page, shared.reader.email, reverse(name, args=[shared.grant.public_id]))

    return open_page


def to_list(page: Page, shared: Shared) -> None:
    logged_in(page, shared.reader.email, reverse("sharing_list"))


def to_activity(page: Page, shared: Shared) -> None:
    logged_in(page, shared.reader.email, reverse("my_activity"))


def to_receipt(page: Page, shared: Shared) -> None:
    page.goto(receipt_page_of(shared.receipt))


def to_own_receipt(page: Page, shared: Shared) -> None:
    to_list(page, shared)
    to_receipt(page, shared)


def to_receipt_stop(page: Page, shared: Shared) -> None:
    page.goto(f"{receipt_page_of(shared.receipt)}stop/")


def untick_everything(page: Page, shared: Shared) -> None:
    to("sharing_change")(page, shared)
    for box in page.locator("input[name=data]").all():
        box.uncheck()
    page.locator("button[value=save]").click()
    page.locator(".error-summary").wait_for()


LIST = {"en": "Sharing", "es": "Datos compartidos"}
DETAIL = {"en": "Sharing with Sunny Roofs (demo)", "es": "Lo que comparte con Sunny Roofs (demo)"}
CHANGE = {"en": "Share less with Sunny Roofs (demo)", "es": "Compartir menos con Sunny Roofs (demo)"}
STOP = {
    "en": "Stop sharing with Sunny Roofs (demo)?",
    "es": "¿Dejar de compartir con Sunny Roofs (demo)?",
}
RECEIPT = {
    "en": "Receipt for sharing your data",
    "es": "Comprobante de los datos que comparte",
}
_OWN = MapPage("receipt-own", everything, to_own_receipt, RECEIPT, ("#timeline", ".contract-lines"))

PAGES = (
    MapPage("sharing-list", everything, to_list, LIST, ("#waiting", "#now", "#ended")),
    MapPage("sharing-list-long", many, to_list, LIST, ("#q", "#now")),
    MapPage(
        "activity", everything, to_activity, {"en": "Activity", "es": "Actividad"}, (".activity-day", ".tabs")
    ),
    MapPage("sharing-detail", everything, to("sharing_detail"), DETAIL, (".table", "#timeline", "#services")),
    MapPage("sharing-stopped", stopped, to("sharing_detail"), DETAIL, ("#timeline",)),
    MapPage("sharing-change", everything, to("sharing_change"), CHANGE, ("#services", "#check")),
    MapPage("sharing-change-locked", whole, to("sharing_change"), CHANGE, ("#services", "#check")),
    MapPage("sharing-change-long", many, to("sharing_change"), CHANGE, ("#search", "#check")),
    MapPage("sharing-change-joint", joint, to("sharing_change"), CHANGE, ("#services",)),
    MapPage("sharing-change-error", everything, untick_everything, CHANGE, (".error-summary",), by_get=False),
    MapPage("sharing-stop", everything, to("sharing_stop"), STOP, (".decision",)),
    MapPage("sharing-stop-joint", joint, to("sharing_stop"), STOP, (".decision", "main li")),
    MapPage("receipt", everything, to_receipt, RECEIPT, ("#shared", ".stop-here")),
    _OWN,
    replace(_OWN, name="receipt-superseded", world=narrowed, shows=("#changes", ".notice")),
    MapPage("receipt-stop", everything, to_receipt_stop, STOP, (".decision",)),
)
