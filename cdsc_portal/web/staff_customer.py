"""One customer for staff: what a caller asks about on one page, each line a link, each block by permission."""

from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from accounts.models import Customer
from accounts.pages.customer_for_staff import CustomerService, PersonWithRole, people_of, services_of
from accounts.queries.support_sessions import support_sessions_of
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.pages.of_customer import MailRow, SharedRow, mail_to_people_of, shared_by
from datahub.usage.facts import loaded_until, usage_facts


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """None = not this person's to see. Eleven queries at most, however much the customer has.

    `services` are contracts with how far their readings are loaded, in words; empty where none has come.
    """

    number: str
    services: tuple[tuple[CustomerService, str], ...]
    service_count: int
    people: tuple[PersonWithRole, ...] | None
    grants: tuple[SharedRow, ...] | None
    mails: tuple[MailRow, ...] | None
    support_sessions: tuple[tuple[str, str], ...] | None


@require_safe
def staff_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """`/admin/customers/<key>/`."""
    may = request.user.has_perm
    if not may("accounts.view_customer"):
        raise PermissionDenied
    customer, at = get_object_or_404(Customer, pk=pk), clock.now()
    services, count = services_of(customer, at=at)
    facts = usage_facts([service.key for service in services])
    lines = []
    for service in services:
        links = [link for link in facts.links if link.contract_id == service.key]
        until = loaded_until(links, facts.loads)
        lines.append((service, moment_in_words(until) if until else ""))
    sessions = None
    if may("accounts.view_supportsession"):
        sessions = tuple(
            (moment_in_words(session.at), session.reason)
            for session in support_sessions_of(customer_ids=[pk])
        )
    page = CustomerPage(
        number=customer.customer_number,
        services=tuple(lines),
        service_count=count,
        people=people_of(customer) if may("accounts.view_user") else None,
        grants=shared_by(customer, at=at) if may("consent.view_grant") else None,
        mails=mail_to_people_of(customer) if may("accounts.view_outgoingmail") else None,
        support_sessions=sessions,
    )
    context = {
        **admin.site.each_context(request),
        "title": customer.name,
        "customer": customer,
        "page": page,
        "may_open_session": may("accounts.add_supportsession"),
        "may_issue": may("accounts.issue_activation_code"),
        "may_record": may("consent.add_recordedconsent"),
    }
    return TemplateResponse(request, "admin/customer.html", context)
