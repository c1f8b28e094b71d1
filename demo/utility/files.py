"""The invented utility as feed files, in the forms that the feeds read."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.utility import bill_pdf, bills, loads, mix
from demo.utility.espi import espi
from demo.utility.structure import (
    DISTRIBUTION,
    HOUSEHOLD,
    REGION,
    SUPPLIER_BEFORE,
    SUPPLIER_NOW,
    Contract,
    Meter,
    Utility,
)

ESPI_METER = "55-1043"  # its readings come as Green Button, all others as CSV


@dataclass(frozen=True, slots=True)
class FeedFile:
    """One feed and the file it brings."""

    feed: str
    kind: str
    format: str
    path: Path


def write(utility: Utility, folder: Path, zone: ZoneInfo, *, seed: int, mix_days: int) -> list[FeedFile]:
    """Write every file, in the order in which they must come in."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = loads.columns(utility, zone, seed=seed)
    billed = bills.bills(utility, columns, zone)
    made: list[tuple[str, str, str, str, Callable[[Path], None]]] = [
        (
            "Hierarchy",
            "hierarchy",
            "hierarchy_json",
            "hierarchy.json",
            lambda p: _hierarchy(p, utility, zone),
        ),
        (
            "Suppliers",
            "supply_terms",
            "supply_terms_csv",
            "supply_terms.csv",
            lambda p: _supply_terms(p, utility),
        ),
        ("Meter readings", "usage", "usage_csv_long", "usage.csv", lambda p: _usage(p, columns, utility)),
        ("Green Button", "usage", "espi_xml", "charger.xml", lambda p: _green_button(p, columns)),
        ("Bills", "bills", "bills_csv", "bills.zip", lambda p: _bills(p, billed)),
        (
            "Mix",
            "generation_mix",
            "generation_mix_csv",
            "mix.csv",
            lambda p: _mix(p, utility, mix_days, seed),
        ),
    ]
    for _feed, _kind, _format, name, make in made:
        make(folder / name)
    return [FeedFile(feed, kind, format_name, folder / name) for feed, kind, format_name, name, _make in made]


def _hierarchy(path: Path, utility: Utility, zone: ZoneInfo) -> None:
    points: dict[str, Contract] = {}
    meters: dict[str, tuple[Contract, Meter]] = {}
    links = []
    for contract in utility.contracts:
        for point in dict.fromkeys(meter.point for meter in contract.meters):
            points[point] = contract
            links.append(
                {
                    "contract_number": contract.number,
                    "servicepoint_number": point,
                    "start": _instant(contract.start, zone),
                    "end": _instant(contract.end, zone) if contract.end else None,
                }
            )
        meters |= {meter.number: (contract, meter) for meter in contract.meters}
    addresses = list(dict.fromkeys(contract.address for contract in utility.contracts))
    premises = {address: f"P-{number:04}" for number, address in enumerate(addresses, 1)}
    record = {
        "mode": "full",
        "as_of": _instant(utility.today, zone),
        "entities": _entities(),
        "customers": [
            {"customer_number": number, "name": name, "is_test": number == HOUSEHOLD}
            for number, name in utility.customers
        ],
        "memberships": _memberships(utility),
        "accounts": _accounts(utility),
        "contracts": [_contract(contract) for contract in utility.contracts],
        "premises": [{"premise_number": number, "address": address} for address, number in premises.items()],
        "points": [_point(number, contract, premises) for number, contract in points.items()],
        "meters": [{"meter_number": n, "commodity": c.commodity} for n, (c, _meter) in meters.items()],
        "point_links": links,
        "installations": [_installation(meter, zone) for _contract_of, meter in meters.values()],
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _entities() -> list[dict[str, str]]:
    return [
        {"name": DISTRIBUTION, "abbreviation": "RVP", "kind": "distribution_utility"},
        {"name": SUPPLIER_BEFORE, "abbreviation": "RVS", "kind": "supplier"},
        {"name": SUPPLIER_NOW, "abbreviation": "BPE", "kind": "supplier"},
    ]


def _memberships(utility: Utility) -> list[dict[str, str]]:
    return [
        {
            "customer_number": person.customer,
            "email": person.email,
            "user_name": person.name,
            "role": person.role,
        }
        for person in utility.people
        if person.customer
    ]


def _accounts(utility: Utility) -> list[dict[str, str]]:
    return [
        {
            "account_number": account.number,
            "customer_number": account.customer,
            "parent_number": "2000" if account.number.startswith("2000-") else "",
            "address": account.address,
        }
        for account in utility.accounts
    ]


def _contract(contract: Contract) -> dict[str, str | None]:
    return {
        "contract_number": contract.number,
        "account_number": contract.account,
        "commodity": contract.commodity,
        "distribution": DISTRIBUTION,
        "address": contract.address,
        "start": contract.start.isoformat(),
        "end": contract.end.isoformat() if contract.end else None,
    }


def _point(number: str, contract: Contract, premises: dict[str, str]) -> dict[str, object]:
    electric = contract.commodity == "electricity"
    return {
        "servicepoint_number": number,
        "premise_number": premises[contract.address],
        "commodity": contract.commodity,
        "voltage": 240 if electric else None,
        "region": REGION if electric else "",
        "pricing_node": "RV-NODE-7" if electric else "",
    }


def _installation(meter: Meter, zone: ZoneInfo) -> dict[str, str | None]:
    return {
        "meter_number": meter.number,
        "servicepoint_number": meter.point,
        "start": _instant(meter.start, zone),
        "end": _instant(meter.end, zone) if meter.end else None,
    }


def _instant(day: date, zone: ZoneInfo) -> str:
    return datetime.combine(day, time(), zone).isoformat()


def _supply_terms(path: Path, utility: Utility) -> None:
    rows = []
    for contract in utility.contracts:
        for place, (supplier, code, name, start) in enumerate(contract.terms, 1):
            following = contract.terms[place][3] if place < len(contract.terms) else contract.end
            number = f"S-{contract.number}-{place}"
            rows.append((contract.number, supplier, number, code, name, start, following or ""))
    header = "contract_number supplier supplier_contract_number tariff_code tariff_name start end"
    _csv(path, header.split(), rows)


def _usage(path: Path, columns: Sequence[loads.Column], utility: Utility) -> None:
    commodity = {meter.number: c.commodity for c in utility.contracts for meter in c.meters}
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("meter,register,commodity,unit,direction,interval_seconds,start,value,quality\n")
        for column in columns:
            if column.meter == ESPI_METER:
                continue
            head = (
                f"{column.meter},{column.register},{commodity[column.meter]},{column.unit},{column.direction}"
            )
            values = (
                column.values.tolist() if column.unit == "Wh" else [v / 1000 for v in column.values.tolist()]
            )
            file.writelines(
                f"{head},{column.step},{start},{value},{'estimated' if guess else 'actual'}\n"
                for start, value, known, guess in zip(
                    loads.utc_text(column.starts), values, column.known, column.estimated, strict=True
                )
                if known
            )


def _green_button(path: Path, columns: Sequence[loads.Column]) -> None:
    path.write_bytes(espi([column for column in columns if column.meter == ESPI_METER]))


def _bills(path: Path, made: Sequence[bills.Bill]) -> None:
    table = io.StringIO()
    writer = csv.DictWriter(table, BILL_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for bill in made:
        writer.writerows(_bill_rows(bill))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bills.csv", table.getvalue())
        for bill in made:
            archive.writestr(bill.file_name, bill_pdf.pdf(bill, issuer=DISTRIBUTION))


BILL_COLUMNS = (
    *(
        "record",
        "statement_number",
        "account_number",
        "statement_date",
        "due_date",
        "start",
        "end",
        "currency",
    ),
    *("amount", "file", "replaces", "contract_number", "commodity", "supplier", "tariff_code", "tariff_name"),
    *("name", "kind", "quantity", "unit", "rate"),
)


def _bill_rows(bill: bills.Bill) -> Iterable[dict[str, object]]:
    yield {
        "record": "statement",
        "statement_number": bill.number,
        "account_number": bill.account.number,
        "statement_date": bill.dated,
        "due_date": bill.due,
        "start": bill.start,
        "end": bill.end,
        "currency": "USD",
        "amount": bill.amount,
        "file": bill.file_name,
        "replaces": bill.replaces,
    }
    for section in bill.sections:
        yield {
            "record": "section",
            "contract_number": section.contract.number,
            "commodity": section.contract.commodity,
            "start": bill.start,
            "end": bill.end,
            "supplier": section.supplier,
            "tariff_code": section.tariff[0],
            "tariff_name": section.tariff[1],
            "amount": section.amount,
        }
        for line in section.lines:
            yield {
                "record": "line",
                "name": line.name,
                "kind": line.kind,
                "quantity": "" if line.quantity is None else line.quantity,
                "unit": line.unit,
                "rate": "" if line.rate is None else line.rate,
                "amount": line.amount,
            }


def _mix(path: Path, utility: Utility, days: int, seed: int) -> None:
    rows = (
        (share.series, *_place(share), share.start.isoformat(), 3600, share.source, share.share)
        for share in mix.shares(utility, days=days, seed=seed)
    )
    _csv(path, ["series", "region", "tariff_code", "start", "resolution_seconds", "source", "share"], rows)


def _place(share: mix.Share) -> tuple[str, str]:
    """A tariff's series names its tariff, the grid's theirs their region."""
    return ("", share.key) if share.series == "consumption_breakdown" else (share.key, "")


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
