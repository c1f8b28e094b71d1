"""A 304 beside the answer itself, of each address that answers with a tag: for 100 services, and for one."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client as Browser

from accounts.models import SupplyTerm
from benchmarks.measure import Figure, at_most, medians, prepare_to_measure
from consent.models import Client
from datahub.models import BillStatement, MixSeries
from datahub.store.mix_blocks import note_written
from tests.factories.accounts import EntityFactory
from tests.factories.chain import Chain
from tests.factories.consent import SECRET
from tests.factories.datahub import bill
from tests.factories.feeds import load_readings, usage_series
from tests.support.resources import DOCUMENT_PATHS, LISTING_ADDRESSES, OPEN_PATHS

FIRST = datetime(2025, 3, 1, tzinfo=UTC)
SHARE = 0.3  # of the answer, that a 304 may cost
# Each 304 passes the gate, which is most of a small answer: where twice the gate is more than that share of the answer,
# the 304 stands beside the gate, and its name tells both.
_TIMES_THE_GATE = 2
_HOURS = 31 * 24
_SOURCES = ("biomass", "coal", "gas", "hydro", "nuclear", "solar", "wind", "unknown")
_SHARES = """
    INSERT INTO datahub_mixshare
        (series, key, region, seconds, source, share, method, computed, modified, synced, start)
    SELECT %s, %s, %s, 3600, source, 0.125, 'issuance', true, now(), now(), %s::timestamptz + hour * interval '1 hour'
    FROM unnest(%s::text[]) AS source, generate_series(0, %s) AS hour
"""
_DOCUMENT_BYTES = 100_000


def fill(stores: Chain) -> None:
    """A month of everything: hours of usage, a bill, a supply term and the mix of four regions."""
    supplier = EntityFactory(name="Bright Supply (demo)")
    SupplyTerm.objects.bulk_create(
        SupplyTerm(
            contract=contract,
            supplier=supplier,
            tariff_code="SHOP",
            tariff_name="Shop",
            start=date(2020, 1, 1),
        )
        for contract in stores.contracts
    )
    load_readings(
        *(usage_series(meter, FIRST, [100] * _HOURS, step=3600, scale=0) for meter in stores.meters)
    )
    statements = [bill(contract) for contract in stores.contracts]
    statement = statements[0]
    statement.file.save("bill.pdf", ContentFile(b"%PDF-1.4 " + b"1" * _DOCUMENT_BYTES), save=False)
    statement.file_name, statement.file_sha256 = "bill.pdf", "ab" * 32
    statement.save()
    with connection.cursor() as cursor:
        for region in ("R1", "R2", "R3", "R4"):
            for series in MixSeries:
                used = series == MixSeries.CONSUMPTION
                name = [str(series), "SHOP" if used else region, region if used else ""]
                cursor.execute(_SHARES, [*name, FIRST, list(_SOURCES), _HOURS - 1])
                days = [(FIRST + timedelta(days=day)).date() for day in range(31)]
                note_written([(name[0], name[1], name[2], None)], days=days, at=FIRST)  # as every writer does
    prepare_to_measure()


def addresses() -> list[str]:
    """All that answer with a tag, with each option of a resource too."""
    documented = BillStatement.objects.exclude(file="").first()
    public_id = documented.public_id if documented else ""
    return [
        *LISTING_ADDRESSES,
        *(re.sub(r"{\w+}", public_id, path) for path in sorted(DOCUMENT_PATHS)),
        *(f"{path}?region=R1" for path in sorted(OPEN_PATHS)),
    ]


def figures(tokens: Mapping[int, str], client: Client) -> Iterator[Figure]:
    """In process, through all middleware; `tokens` by how many services they open."""
    basic = base64.b64encode(f"{client.client_id}:{SECRET}".encode()).decode()
    for address in addresses():
        name = re.sub(r"/[a-z0-9]{16,}/", "/…/", address)
        if address.startswith("/grid/"):
            yield _unchanged(Browser(headers={"Authorization": f"Basic {basic}"}), address, name)
            continue
        for services, token in tokens.items():
            browser = Browser(headers={"Authorization": f"Bearer {token}"})
            yield _unchanged(browser, address, f"{name}, {services}", gate="/gated")


def _unchanged(browser: Browser, address: str, name: str, gate: str = "") -> Figure:
    tag = browser.get(address).headers["ETag"]
    same, answer, empty = medians(
        get(browser, address, 304, tag),
        get(browser, address),
        get(browser, gate) if gate else lambda: None,
        rounds=5,
    )
    if _TIMES_THE_GATE * empty > SHARE * answer:
        name = f"304 of {name} / gate ({empty / answer:.2f}x, 304 {same / answer:.2f}x of answer)"
        return at_most(name, "ms", same, empty, _TIMES_THE_GATE)
    return at_most(f"304 of {name} / the answer", "ms", same, answer, SHARE)


def get(browser: Browser, address: str, status: int = 200, tag: str = "") -> Callable[[], None]:
    """A call that reads its answer whole, and raises where it has another status."""

    def call() -> None:
        answer = browser.get(address, headers={"If-None-Match": tag} if tag else None)
        if answer.status_code != status:
            raise RuntimeError(f"{address} answered {answer.status_code}, {status} is due")
        if answer.streaming:
            for _piece in answer:
                pass

    return call
