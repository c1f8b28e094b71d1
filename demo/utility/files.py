"""The invented utility as feed files, in the forms that the feeds read."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
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
BILL_COLUMNS = (
    "record", "statement_number", "account_number", "statement_date", "due_date", "start", "end", "currency", "amount",
    "file", "replaces", "contract_number", "commodity", "supplier", "tariff_code", "tariff_name", "name", "kind",
    "quantity", "unit", "rate",
)  # fmt: skip


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
    _hierarchy(folder / "hierarchy.json", utility, zone)
    _supply_terms(folder / "supply_terms.csv", utility)
    _usage(folder / "usage.csv", columns, utility)
    charger = [column for column in columns if column.meter == ESPI_METER]
    (folder / "charger.xml").write_bytes(espi(charger))
    _bills(folder / "bills.zip", bills.bills(utility, columns, zone))
    _mix(folder / "mix.csv", utility, mix_days, seed)
    return [
        FeedFile("Hierarchy", "hierarchy", "hierarchy_json", folder / "hierarchy.json"),
        FeedFile("Suppliers", "supply_terms", "supply_terms_csv", folder / "supply_terms.csv"),
        FeedFile("Meter readings", "usage", "usage_csv_long", folder / "usage.csv"),
        FeedFile("Green Button", "usage", "espi_xml", folder / "charger.xml"),
        FeedFile("Bills", "bills", "bills_csv", folder / "bills.zip"),
        FeedFile("Mix", "generation_mix", "generation_mix_csv", folder / "mix.csv"),
    ]


def _hierarchy(path: Path, utility: Utility, zone: ZoneInfo) -> None:
    points: dict[str, Contract] = {}
    meters: dict[str, tuple[Contract, Meter]] = {}
    links: list[dict[str, str | None]] = []
    for contract in utility.contracts:
        for point in dict.fromkeys(meter.point for meter in contract.meters):
            points[point] = contract
            link = {"contract_number": contract.number, "servicepoint_number": point}
            links.append({**link, **_period(contract, zone)})
        meters |= {meter.number: (contract, meter) for meter in contract.meters}
    addresses = list(dict.fromkeys(contract.address for contract in utility.contracts))
    premises = {address: f"P-{number:04}" for number, address in enumerate(addresses, 1)}
    record = {
        "mode": "full",
        "as_of": _instant(utility.today, zone),
        "entities": [
            {"name": DISTRIBUTION, "abbreviation": "RVP", "kind": "distribution_utility"},
            {"name": SUPPLIER_BEFORE, "abbreviation": "RVS", "kind": "supplier"},
            {"name": SUPPLIER_NOW, "abbreviation": "BPE", "kind": "supplier"},
        ],
        **_customers(utility),
        "premises": [{"premise_number": number, "address": address} for address, number in premises.items()],
        "points": [_point(number, contract, premises) for number, contract in points.items()],
        "meters": [{"meter_number": n, "commodity": c.commodity} for n, (c, _meter) in meters.items()],
        "point_links": links,
        "installations": [
            {"meter_number": meter.number, "servicepoint_number": meter.point, **_period(meter, zone)}
            for _contract, meter in meters.values()
        ],
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _customers(utility: Utility) -> dict[str, list[dict[str, Any]]]:
    return {
        "customers": [
            {"customer_number": number, "name": name, "is_test": number == HOUSEHOLD}
            for number, name in utility.customers
        ],
        "memberships": [
            {
                "customer_number": person.customer,
                "email": person.email,
                "user_name": person.name,
                "role": person.role,
            }
            for person in utility.people
            if person.customer
        ],
        "accounts": [
            {
                "account_number": account.number,
                "customer_number": account.customer,
                "parent_number": account.parent,
                "address": account.address,
            }
            for account in utility.accounts
        ],
        "contracts": [
            {
                "contract_number": contract.number,
                "account_number": contract.account,
                "commodity": contract.commodity,
                "distribution": DISTRIBUTION,
                "address": contract.address,
                "start": contract.start.isoformat(),
                "end": contract.end.isoformat() if contract.end else None,
            }
            for contract in utility.contracts
        ],
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


def _period(dated: Contract | Meter, zone: ZoneInfo) -> dict[str, str | None]:
    end = _instant(dated.end, zone) if dated.end else None
    return {"start": _instant(dated.start, zone), "end": end}


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
            head = f"{column.meter},{column.register},{commodity[column.meter]},{column.unit}"
            head += f",{column.direction},{column.step}"
            values = column.values.tolist()
            if column.unit != "Wh":
                values = [value / 1000 for value in values]
            file.writelines(
                f"{head},{start},{value},{'estimated' if guess else 'actual'}\n"
                for start, value, known, guess in zip(
                    loads.utc_text(column.starts), values, column.known, column.estimated, strict=True
                )
                if known
            )


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
    """A tariff's series names its tariff, those of the grid their region."""
    rows = []
    for share in mix.shares(utility, days=days, seed=seed):
        of_tariff = share.series == "consumption_breakdown"
        place = ("", share.key) if of_tariff else (share.key, "")
        rows.append((share.series, *place, share.start.isoformat(), 3600, share.source, share.share))
    _csv(path, ["series", "region", "tariff_code", "start", "resolution_seconds", "source", "share"], rows)


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
