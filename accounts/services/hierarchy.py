"""Load the contractual and physical hierarchy from a feed's rows."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from accounts.feed_rows import ContractRow, Hierarchy
from accounts.models import LoadWatermark, ServiceContract, span_of
from accounts.services.link_changes import Changed, record_link_changes
from accounts.services.loading import contractual, links, physical, roles
from accounts.services.loading.links import Ending
from accounts.services.loading.load import Load, LoadResult
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.local_days import days

HOLD_ABOVE = 0.02  # of what is current
_KIND = "hierarchy"


class _ConfirmationNeededError(Exception):
    """Rolls the load back; the message says what needs a confirmation."""


def load_hierarchy(
    *, hierarchy: Hierarchy, at: datetime, version_at: datetime, confirmed: bool, unread: int = 0
) -> LoadResult:
    """Bring the hierarchy to what the file says it was at `version_at`, its own time; a held load writes nothing.

    A row that does not fit is rejected with its reason and the rest goes on. A "full" file ends the contracts
    and links it does not list, at that time; one that would end more than 2 % of the current links or of the
    current contracts is held until `confirmed`, and so is one that would end any while `unread` lines of it
    could not be read: the missing ones may stand there. An older file never undoes a newer one. Customers,
    accounts, points, meters and roles are never removed. The number of queries does not grow with the rows.
    """
    load = Load(at=at, as_of=version_at, is_full=hierarchy.mode == "full")
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:  # of two loads at once each would see half of the other
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ["accounts.hierarchy"])
            load.listed_since = (
                LoadWatermark.objects.filter(kind=_KIND).values_list("as_of", flat=True).first()
            )
            # in the order in which rows name each other
            contractual.load_entities(hierarchy.entities, load)
            contractual.load_programs(hierarchy.programs, load)
            contractual.load_customers(hierarchy.customers, load)
            contractual.load_accounts(hierarchy.accounts, load)
            contractual.load_contracts(hierarchy.contracts, load)
            physical.load_premises(hierarchy.premises, load)
            physical.load_points(hierarchy.points, load)
            physical.load_meters(hierarchy.meters, load)
            endings = {
                "links of contracts and points": links.load_point_links(hierarchy.point_links, load),
                "meters at points": links.load_installations(hierarchy.installations, load),
                "contracts": _end_unlisted(hierarchy.contracts, load) if load.is_full else Ending(0, 0),
            }
            roles.load_memberships(hierarchy.memberships, load)
            if load.is_full:
                if not confirmed:
                    _hold_if_too_many_end(endings, unread)
                if load.listed_since is None or load.listed_since < load.as_of:
                    LoadWatermark.objects.update_or_create(kind=_KIND, defaults={"as_of": load.as_of})
            record_link_changes(load.changed, at=max(at, clock.now()), by=None)
    except _ConfirmationNeededError as error:
        return LoadResult(hold_reason=str(error))
    return load.result()


def _end_unlisted(rows: Sequence[ContractRow], load: Load) -> Ending:
    """End the current contracts that a full file does not list, on the local day of its `as_of`."""
    day = load.as_of.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    current = ServiceContract.objects.filter(start__lt=day).exclude(end__lte=day)
    listed = {row.contract_number for row in rows}
    unlisted = [
        contract
        for contract in current.select_for_update(of=("self",))
        if contract.contract_number not in listed and not load.is_older_than(contract)
    ]
    count = current.count()
    load.changed += [
        Changed(contract, contract.pk, span_of(contract), days(contract.start, day)) for contract in unlisted
    ]
    ServiceContract.objects.filter(pk__in=[contract.pk for contract in unlisted]).update(
        end=day, cds_modified=load.at, cds_synced=load.at, version_at=load.as_of
    )
    load.ended += len(unlisted)
    return Ending(count, len(unlisted))


def _hold_if_too_many_end(endings: dict[str, Ending], unread: int) -> None:
    too_many = [
        f"{count.ending} of {count.current} {what}"
        for what, count in endings.items()
        if count.ending > HOLD_ABOVE * count.current
    ]
    if too_many:
        raise _ConfirmationNeededError(
            f"This full file would end {', '.join(too_many)}: more than 2 %. Confirm to go on."
        )
    missing = sum(count.ending for count in endings.values())
    if unread and missing:
        raise _ConfirmationNeededError(
            f"This full file would end {missing} links or contracts it does not list, but {unread} of its "
            "lines could not be read. Confirm to go on."
        )
