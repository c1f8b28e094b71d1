"""The staff's pages, and a customer's page as an agent sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from playwright.sync_api import Page

from accounts.models import OutgoingMail, StaffVerb, User
from accounts.services.staff_actions import record_staff_action
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from consent.models import Client, Disclosure, Grant, RecordedConsent
from consent.services.recording import Agreed, Proof, record_consent
from consent.transitions import GrantStatus
from datahub.models import FeedRun, RejectedRow, RunStatus
from tests.factories.accounts import Household, StaffFactory, UserFactory, add_service, household
from tests.factories.consent import GrantFactory, approve
from tests.factories.feeds import FeedFactory, FeedRunFactory
from tests.journeys.consent_steps import EVERYTHING, request_of
from tests.journeys.pages.base import MapPage, logged_in


@dataclass(frozen=True, slots=True)
class Desk:
    """An agent and one of everything an agent may meet."""

    agent: User
    home: Household
    grant: Grant
    run: FeedRun
    recorded: RecordedConsent
    client: Client


def a_day_at_the_desk() -> Desk:
    at, agent = clock.now(), StaffFactory(name="Sam Agent")
    home = household(owner=UserFactory(name="Robin Sample"))
    add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    grant = approve(request_of(home, *EVERYTHING))
    client = grant.client
    Disclosure.objects.create(grant=grant, scope="usage_data", resource="usage_data", value_count=96)
    request_of(home)
    GrantFactory(client=client, user=home.owner, status=GrantStatus.REVOKED)
    OutgoingMail.objects.update(attempts=2, error="ConnectionRefusedError: the mail server is away")
    recorded = record_consent(
        client=client,
        person=home.owner,
        agreed=Agreed(
            ("usage_data",), (home.contract.contract_number,), None, at.date() + timedelta(days=90)
        ),
        proof=Proof("phone", at - timedelta(hours=1), None, "Recording 2026-4711"),
        by=StaffFactory(name="Kim Colleague"),
        at=at,
    )
    record_staff_action(
        by=agent, verb=StaffVerb.CHANGE, on=home.customer, changes=[("name", "Robin", "Robin Sample")], at=at
    )
    return Desk(agent, home, grant, _runs(), recorded, client)


def _runs() -> FeedRun:
    at = clock.now()
    FeedRunFactory(feed=FeedFactory(name="Bills of the month"), finished=at, rows_read=1_200, accepted=1_200)
    FeedRunFactory(
        feed=FeedFactory(name="Suppliers and tariffs"),
        finished=at - timedelta(days=5),
        rows_read=80,
        accepted=80,
    )
    FeedRunFactory(
        feed=FeedFactory(name="Generation mix"), status=RunStatus.FAILED, problem="No such column."
    )
    run = FeedRunFactory(
        feed=FeedFactory(name="Meter readings"), file_name="readings-2026-11.csv", status=RunStatus.RUNNING,
        size=48_000_000, bytes_done=20_400_000, rows_read=812_000, accepted=790_000, unchanged=21_988, rejected=12,
        rate=96_000, started=at, heartbeat=at,
    )  # fmt: skip
    RejectedRow.objects.bulk_create(
        RejectedRow(
            run=run, line=line, reason="value: 12,5 is no number", text=f"55-1042,2026-11-01T0{line}:00,12,5"
        )
        for line in range(2, 8)
    )
    return run


def _staff(name: str, path: str, english: str, spanish: str, *shows: str) -> MapPage:
    return MapPage(name, a_day_at_the_desk, _to(path), {"en": english, "es": spanish}, shows, is_admin=True)


def _to(path: str) -> Callable[[Page, Desk], None]:
    def open_page(page: Page, desk: Desk) -> None:
        keys = {
            "run": desk.run.pk,
            "customer": desk.home.customer.pk,
            "owner": desk.home.owner.pk,
            "grant": desk.grant.pk,
            "recorded": desk.recorded.pk,
            "client": desk.client.pk,
        }
        logged_in(page, desk.agent.email, path.format(**keys))

    return open_page


def _as_the_customer(page: Page, desk: Desk) -> None:
    session = start_support_session(
        person=desk.home.owner, by=desk.agent, reason="asks about a bill", at=clock.now()
    )[0]
    logged_in(page, desk.agent.email, f"/admin/as/{session.visit}/my/sharing/")


PAGES = (
    _staff(
        "staff-customer", "/admin/customers/{customer}/", "Robin Sample", "Robin Sample", "#services-title",
        "#mail-title",
    ),
    _staff("staff-overview", "/admin/", "Overview", "Resumen", ".staff-cards table", "progress"),
    _staff(
        "staff-support-session", "/admin/accounts/customer/{customer}/support-session/",
        "See the pages of Robin Sample", "Ver las páginas de Robin Sample", ".staff-fields",
    ),
    _staff(
        "staff-record", "/admin/consent/recordedconsent/record/{owner}/",
        "Consent of Robin Sample", "Consentimiento de Robin Sample", ".staff-fields",
    ),
    _staff(
        "staff-confirm", "/admin/consent/recordedconsent/{recorded}/confirm/",
        "Confirm the consent of Robin Sample", "Confirmar el consentimiento de Robin Sample", ".staff-read",
    ),
    _staff(
        "staff-stop", "/admin/consent/grant/{grant}/stop/",
        "Stop sharing for a customer", "Dejar de compartir en nombre de un cliente", ".staff-fields",
    ),
    _staff(
        "staff-pause", "/admin/consent/grant/{grant}/pause/",
        "Pause sharing", "Poner en pausa", ".staff-fields",
    ),
    MapPage(
        "staff-customer-view", a_day_at_the_desk, _as_the_customer, {"en": "Sharing", "es": "Datos compartidos"},
        (".support-session",),
    ),
)  # fmt: skip
