"""Customers, billing accounts, service contracts and what they name."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.admin.base import PortalAdmin, link_to, links_to
from accounts.admin.dated_links import DatedLinksAdmin
from accounts.admin.first_login import FirstLoginAdmin
from accounts.admin.links import PointsOfContractInline, SupplyTermInline
from accounts.admin.roles import RolesAdmin, UsersOfCustomerInline
from accounts.admin.support_session import StartSupportSessionAdmin
from accounts.models import BillingAccount, Customer, Entity, Program, ServiceContract

_TIMES = ("public_id", "cds_created", "cds_modified", "cds_synced", "version_at")


class _ListInline(TabularInline):
    """What hangs below, to click on; changed on its own page."""

    extra = 0
    per_page = 20
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


class AccountsOfCustomerInline(_ListInline):
    model = BillingAccount
    verbose_name_plural = _("billing accounts")
    fields = ("page", "name", "address")
    readonly_fields = ("page",)

    @admin.display(description=_("account"))
    def page(self, account: BillingAccount) -> str:
        return link_to(account)


class ContractsOfAccountInline(_ListInline):
    model = ServiceContract
    verbose_name_plural = _("service contracts")
    fields = ("page", "commodity", "address", "start", "end")
    readonly_fields = ("page",)

    @admin.display(description=_("contract"))
    def page(self, contract: ServiceContract) -> str:
        return link_to(contract)


@admin.register(Customer)
class CustomerAdmin(StartSupportSessionAdmin, FirstLoginAdmin, RolesAdmin):
    """A person or firm: who acts for it and what it has."""

    list_display = ("name", "customer_number", "account_count")
    list_filter = ("is_test",)
    search_fields = ("^customer_number",)
    word_field = "name"
    fields = ("customer_number", "name", "is_test", *_TIMES)
    readonly_fields = _TIMES
    inlines = (AccountsOfCustomerInline, UsersOfCustomerInline)
    actions_detail = ("support_session", "issue_code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).annotate(account_total=Count("billing_accounts"))

    @admin.display(description=_("accounts"))
    def account_count(self, customer: Customer) -> int:
        return customer.account_total  # type: ignore[attr-defined]  # annotated


@admin.register(BillingAccount)
class BillingAccountAdmin(PortalAdmin):
    """What bills are sent for, between its customer and its contracts."""

    list_display = ("account_number", "customer_page", "parent_page", "address")
    list_select_related = ("customer", "parent")
    search_fields = ("^account_number",)
    fields = (
        "account_number", "customer", "parent_page", "parent", "children_pages", "name",
        "address", "programs", *_TIMES,
    )  # fmt: skip
    readonly_fields = ("parent_page", "children_pages", *_TIMES)
    autocomplete_fields = ("customer", "parent", "programs")
    inlines = (ContractsOfAccountInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ANN401
        """An account stays its customer's: the consents of that customer are on it."""
        fixed = ("customer",) if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    @admin.display(description=_("customer"), ordering="customer__name")
    def customer_page(self, account: BillingAccount) -> str:
        return link_to(account.customer)

    @admin.display(description=_("parent account"))
    def parent_page(self, account: BillingAccount) -> str:
        return link_to(account.parent)

    @admin.display(description=_("accounts below"))
    def children_pages(self, account: BillingAccount) -> str:
        return links_to(account.children.all()[:200]) if account.pk else "-"


@admin.register(ServiceContract)
class ServiceContractAdmin(DatedLinksAdmin):
    """One commodity for one account: its points, its suppliers, and the way up to its customer."""

    list_display = (
        "contract_number", "commodity", "account_page", "customer_page", "address", "start", "end",
    )  # fmt: skip
    list_select_related = ("billing_account__customer",)
    list_filter = ("commodity",)
    search_fields = ("^contract_number",)
    fields = (
        "contract_number", "customer_page", "billing_account", "commodity", "distribution",
        "name", "address", ("start", "end"), "meters", "programs", *_TIMES,
    )  # fmt: skip
    readonly_fields = ("customer_page", "meters", *_TIMES)
    autocomplete_fields = ("billing_account", "distribution", "programs")
    inlines = (PointsOfContractInline, SupplyTermInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ANN401
        """A contract stays its account's: a new customer has a new contract."""
        fixed = ("billing_account",) if obj else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    @admin.display(description=_("account"))
    def account_page(self, contract: ServiceContract) -> str:
        return link_to(contract.billing_account)

    @admin.display(description=_("customer"))
    def customer_page(self, contract: ServiceContract) -> str:
        return link_to(contract.billing_account.customer)

    @admin.display(description=_("meters"))
    def meters(self, contract: ServiceContract) -> str:
        links = contract.point_links.prefetch_related("service_point__installations__meter")
        meters = {
            installation.meter.meter_number: installation.meter
            for link in links
            for installation in link.service_point.installations.all()
        }
        return links_to(meter for _number, meter in sorted(meters.items()))


@admin.register(Entity)
class EntityAdmin(PortalAdmin):
    """Distribution utilities and suppliers."""

    list_display = ("name", "abbreviation", "kind")
    list_filter = ("kind",)
    search_fields = ("name",)
    fields = ("name", "abbreviation", "kind", *_TIMES)
    readonly_fields = _TIMES


@admin.register(Program)
class ProgramAdmin(PortalAdmin):
    """What accounts and contracts are enrolled in."""

    list_display = ("name", "program_number")
    search_fields = ("name", "program_number")
    fields = ("program_number", "name", *_TIMES)
    readonly_fields = _TIMES
