"""Grants as the third party that holds them reads them: what was granted, and what of it opens now (R-149 to R-153)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from accounts.models import ServiceContract
from accounts.queries.roles import of_test_customers
from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.json.reader import read_json
from consent.models import Client, ClientStatus, Grant, GrantKind
from consent.queries.opened_grants import GRANT_OPENS, PART_OPENS
from consent.scopes.catalogue import offered_among, scope_named
from consent.transitions import ENDED, GrantStatus

# `opens` and `open_parts` are the gate's own conditions
_MEMBERS = f"""
    SELECT issued.id, issued.public_id, issued.kind, client.client_id, client.status, client.status_options,
        issued.status, issued.scope, issued.authorization_details::text, issued.requested_scope,
        issued.requested_details::text, issued.created, issued.modified, issued.not_before, issued.access_ends,
        issued.partial_from, issued.eta, parent.public_id,
        ARRAY(SELECT child.public_id FROM consent_grant child WHERE child.parent_id = issued.id ORDER BY child.id),
        newer.public_id,
        ARRAY(SELECT former.public_id FROM consent_grant former WHERE former.replaced_by_id = issued.id
            ORDER BY former.id),
        ARRAY(SELECT receipt.number FROM consent_receipt receipt WHERE receipt.grant_id = issued.id
            ORDER BY receipt.created, receipt.id),
        {GRANT_OPENS},
        ARRAY(SELECT part.scope FROM consent_grantpart part WHERE part.grant_id = issued.id AND {PART_OPENS})
    FROM consent_grant issued
    JOIN consent_client client ON client.id = issued.client_id
    LEFT JOIN consent_grant parent ON parent.id = issued.parent_id
    LEFT JOIN consent_grant newer ON newer.id = issued.replaced_by_id
"""  # noqa: S608 - no part of it is input
_OF_KEYS = f"{_MEMBERS} WHERE issued.id = ANY(%(keys)s::bigint[])"
_BY_ID = f"{_MEMBERS} WHERE issued.public_id = %(id)s AND client.registration_id = %(registration)s"


class RegistrationGrant(NamedTuple):
    """A grant with what its third party reads of it, as of one instant. Details are JSON texts, instants in UTC.

    `opens`: the gate lets tokens of it pass; `open_parts` are ids of the scopes whose parts have not ended. `requested`
    is what it is to become once a customer agrees. `confirmations` are the numbers of its receipts, oldest first.
    """

    pk: int
    grant_id: str
    kind: str
    client_id: str
    client_status: str
    client_options: list[str]
    status: str
    scope: str
    details: str
    requested_scope: str | None
    requested_details: str | None
    created: datetime
    modified: datetime
    not_before: datetime | None
    access_ends: datetime | None
    partial_from: datetime | None
    eta: datetime | None
    parent: str | None
    children: list[str]
    replaced_by: str | None
    replaced: list[str]
    confirmations: list[str]
    opens: bool
    open_parts: list[str]

    def status_at(self, at: datetime) -> GrantStatus:
        """What holds at `at`, before any sweep has recorded it; that of an object which reads nothing shows so."""
        status = GrantStatus(self.status)
        if status in ENDED:
            return status
        if self.access_ends is not None and self.access_ends <= at:
            return GrantStatus.EXPIRED
        if (of_client := status_by_client(self.client_status, self.client_options)) is not None:
            return of_client
        if status is GrantStatus.ACTIVE and self.partial_from is not None and self.partial_from <= at:
            return GrantStatus.PARTIAL
        return status

    def enabled(self) -> tuple[str, str]:
        """Scope, and details as JSON text, of what opens now (R-152)."""
        if not self.opens:
            return "", "[]"
        if self.kind != GrantKind.CUSTOMER:  # without parts: all or nothing
            return self.scope, self.details
        names = self.scope.split()
        open_names = [name for name in names if self._is_open(name)]
        if open_names == names:
            return self.scope, self.details
        details = [detail for detail in read_json(self.details) if self._is_open(detail["type"])]
        return " ".join(open_names), dumps(details).decode()

    def _is_open(self, name: str) -> bool:
        return any(scope in self.open_parts for scope in offered_among(name, settings.UTILITY_ROLE))


def status_by_client(status: str, options: Sequence[str]) -> GrantStatus | None:
    """What open grants of an object show because of its status; None: their own.

    Staff reinstate what they suspended. A disabled object stays so where it may be set to nothing else.
    """
    if status == ClientStatus.SUSPENDED:
        return GrantStatus.SUSPENDED
    if status == ClientStatus.DISABLED:
        for_good = set(options) <= {ClientStatus.DISABLED.value}
        return GrantStatus.DISABLED if for_good else GrantStatus.SUSPENDED
    return None


def grants_of_keys(keys: Collection[int], *, at: datetime) -> list[RegistrationGrant]:
    """The grants with these database keys, in their order. One query, one more where an object is in the sandbox."""
    grants = {grant.pk: grant for grant in _read(_OF_KEYS, {"keys": array(keys), "at": at})}
    return [grants[key] for key in keys if key in grants]


def grant_of_registration(grant_id: str, *, registration: int, at: datetime) -> RegistrationGrant | None:
    """The grant with this id, if it is one of the registration's. Queries as above."""
    return next(iter(_read(_BY_ID, {"id": grant_id, "registration": registration, "at": at})), None)


def open_details(
    details: Iterable[dict[str, Any]], tests: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Details as granted; where `tests` is given, with no services but these, which test customers have."""
    if tests is None:
        return list(details)
    return [
        {
            **{name: value for name, value in detail.items() if name != "meters"},
            "services": [number for number in detail["services"] if number in tests],
        }
        for detail in details
    ]


def granted_details(grant: Grant, scopes: Collection[str], *, client: Client) -> list[dict[str, Any]]:
    """The details as granted, dates fixed, of those scopes (X-10).

    A client in the sandbox may have got the grant in production: the details then name only services of test customers.
    """
    wanted = {_scope_id(name) for name in scopes}
    details = [detail for detail in grant.authorization_details if _scope_id(detail["type"]) in wanted]
    if client.status != ClientStatus.SANDBOX or grant.kind != GrantKind.CUSTOMER:
        return details
    return open_details(details, _of_test_customers(details))


def _read(statement: str, parameters: dict[str, Any]) -> list[RegistrationGrant]:
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(statement, parameters)
        grants = [RegistrationGrant._make(row) for row in cursor.fetchall()]
    in_sandbox = [grant for grant in grants if _hides_services(grant)]
    if not in_sandbox:
        return grants
    granted = {grant.pk: read_json(grant.details) for grant in in_sandbox}
    tests = _of_test_customers(detail for details in granted.values() for detail in details)
    return [
        grant._replace(details=dumps(open_details(granted[grant.pk], tests)).decode())
        if grant.pk in granted
        else grant
        for grant in grants
    ]


def _hides_services(grant: RegistrationGrant) -> bool:
    return grant.client_status == ClientStatus.SANDBOX and grant.kind == GrantKind.CUSTOMER


def _of_test_customers(details: Iterable[dict[str, Any]]) -> set[str]:
    """Those of the contract numbers in `details` that test customers have. One query."""
    named = {number for detail in details for number in detail["services"]}
    contracts = of_test_customers(ServiceContract.objects.filter(contract_number__in=named))
    return set(contracts.values_list("contract_number", flat=True))


def _scope_id(name: str) -> str:
    scope = scope_named(name)
    return scope.id if scope else name
