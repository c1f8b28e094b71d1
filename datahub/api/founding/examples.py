"""One invented object of each resource, as the schema shows it; a test holds them against the schema."""

_Object = dict[str, object]
_TIMES: _Object = {"modified": "2026-01-05T10:00:00Z", "verified": "2026-04-02T03:10:00Z"}
_DELIVERY: _Object = {
    "id": "b7qk2mxw9dptz4hnr8cv",
    "contract_number": "7000-1",
    "service_type": "electricity",
    "utility": "River Valley Wires (demo)",
    "address": "1 Example Street, Sampleville",
    "service_points": [
        {
            "service_point_id": "SP-1",
            "address": "1 Example Street, Sampleville",
            "voltage": 240,
            "region": "WEST",
            "pricing_node": "NODE-7",
            "meter_numbers": ["55-1042"],
        }
    ],
    "start": "2024-05-01",
    "end": None,
    **_TIMES,
}
_SUPPLY: _Object = {
    "id": "x2k9vb4tmw7qzr3hpd8c",
    "delivery_id": "b7qk2mxw9dptz4hnr8cv",
    "contract_number": "7000-1",
    "account_number": "4711",
    "customer_number": "K-100",
    "service_type": "electricity",
    "supplier": "Bright Supply (demo)",
    "supplier_contract_id": "BS-77",
    "tariff_code": "EV-TOU",
    "tariff_name": "Home EV",
    "start": "2025-03-01",
    "end": None,
    "withheld": [],
    **_TIMES,
}
_USAGE: _Object = {
    "contract_number": "7000-1",
    "service_point_id": "SP-1",
    "meter_number": "55-1042",
    "register": None,
    "service_type": "electricity",
    "direction": "import",
    "kind": "interval",
    "unit": "Wh",
    "interval_seconds": 900,
    "start": "2026-03-01T08:00:00Z",
    "end": "2026-03-01T09:00:00Z",
    "values": ["105", "98", None, "110"],
    "quality": [
        {"count": 2, "quality": "actual"},
        {"count": 1, "quality": "missing"},
        {"count": 1, "quality": "estimated"},
    ],
    "modified": "2026-03-02T03:10:00Z",
    "verified": "2026-03-02T03:10:00Z",
}
_SUMS: _Object = {
    "contract_number": "7000-1",
    "meter_number": "55-1042",
    "register": None,
    "service_type": "electricity",
    "direction": "import",
    "kind": "interval",
    "unit": "Wh",
    "by": "month",
    "rule": "sum",
    "periods": [
        {
            "period": "2026-03",
            "start": "2026-03-14T17:00:00Z",
            "end": "2026-04-01T07:00:00Z",
            "whole": False,
            "value": "187204",
            "counted": "187204",
            "known": 1683,
            "due": 1688,
            "quality": [
                {"count": 1680, "quality": "actual"},
                {"count": 3, "quality": "estimated"},
                {"count": 5, "quality": "missing"},
            ],
        }
    ],
}
_SECTION: _Object = {
    "id": "q4h8zr2mxw9dptb7nk3v",
    "statement_number": "2026-03-4711",
    "contract_number": "7000-1",
    "account_number": "4711",
    "service_type": "electricity",
    "start": "2026-02-01",
    "end": "2026-03-01",
    "currency": "USD",
    "amount": "65.52",
    "supplier": None,
    "tariff_code": None,
    "tariff_name": None,
    "withheld": ["supplier", "tariff_code", "tariff_name"],
    "line_items": [
        {
            "name": "Energy",
            "kind": "usage",
            "quantity": "312",
            "unit": "kWh",
            "rate": "0.21",
            "amount": "65.52",
        }
    ],
    **_TIMES,
}
_STATEMENT: _Object = {
    "id": "t9v3kq7hzr2mxw4dpb8n",
    "statement_number": "2026-03-4711",
    "account_number": "4711",
    "contract_numbers": ["7000-1"],
    "statement_date": "2026-03-03",
    "due_date": "2026-03-24",
    "start": "2026-02-01",
    "end": "2026-03-01",
    "currency": "USD",
    "previous_balance": "0.00",
    "payments": "0.00",
    "new_charges": "65.52",
    "total": "65.52",
    "file": {
        "url": "https://portal.example.com/bill_statements/t9v3kq7hzr2mxw4dpb8n/file",
        "name": "bill.pdf",
        "sha256": "9f2c0e",
    },
    "withheld": [],
    **_TIMES,
}


def _mix(series: str, tariff: str | None, region: str | None) -> _Object:
    return {
        "series": series,
        "contract_numbers": ["7000-1"],
        "tariff_code": tariff,
        "region": region,
        "interval_seconds": 3600,
        "start": "2026-03-01T08:00:00Z",
        "end": "2026-03-01T10:00:00Z",
        "method": "published",
        "provisional": False,
        "origin": "reported",
        "sources": [
            {"source": "solar", "shares": ["0.12", "0.1"]},
            {"source": "wind", "shares": ["0.31", None]},
            {"source": "unknown", "shares": ["0.57", "0.9"]},
        ],
        "modified": "2026-03-02T03:10:00Z",
    }


def _summed_mix(
    series: str, tariffs: list[str] | None, region: str | None, energy: tuple[int | None, ...]
) -> _Object:
    shares = (("solar", "0.11"), ("wind", "0.3"), ("unknown", "0.59"))
    return {
        "series": series,
        "contract_numbers": ["7000-1"],
        "tariff_codes": tariffs,
        "region": region,
        "by": "day",
        "periods": [
            {
                "period": "2026-03-01",
                "start": "2026-03-01T08:00:00Z",
                "end": "2026-03-02T08:00:00Z",
                "whole": True,
                "known_seconds": 86_400,
                "due_seconds": 86_400,
                "weighting": "energy",
                "method": "issuance",
                "provisional": False,
                "origin": "computed",
                "sources": [
                    {"source": source, "share": share, "energy_wh": wh}
                    for (source, share), wh in zip(shares, energy, strict=True)
                ],
                "modified": "2026-03-02T03:10:00Z",
            }
        ],
    }


_NOT_SHARED = (None, None, None)
ITEMS: dict[str, _Object] = {
    "distribution_details": _DELIVERY,
    "supply_details": _SUPPLY,
    "supply_history": _SUPPLY | {"start": None, "end": "2025-06-01", "withheld": ["start"]},
    "usage_data": _USAGE,
    "usage_sums": _SUMS,
    "bill_data": _SECTION,
    "bill_statements": _STATEMENT,
    "generation_mix": _mix("consumption_breakdown", "EV-TOU", None),
    "generation_breakdown": _mix("generation_breakdown", None, "WEST"),
    "consumption_breakdown": _mix("consumption_breakdown", "EV-TOU", None),
    "residual_mix": _mix("residual_mix", None, "WEST"),
    "generation_mix, by=day": _summed_mix("consumption_breakdown", ["EV-TOU"], None, (990, 2700, 5310)),
    "generation_breakdown, by=day": _summed_mix("generation_breakdown", None, "WEST", _NOT_SHARED),
    "consumption_breakdown, by=day": _summed_mix(
        "consumption_breakdown", ["EV-TOU"], None, (990, 2700, 5310)
    ),
    "residual_mix, by=day": _summed_mix("residual_mix", None, "WEST", _NOT_SHARED),
}


def example_answer(resource: str, item: _Object) -> _Object:
    """A whole answer with one object."""
    window = {"start": "2026-03-01T08:00:00Z", "end": "2026-04-01T07:00:00Z"}
    return {
        "resource": resource,
        "time_zone": "America/Los_Angeles",
        "window": window,
        "services": [
            {
                "contract_number": "7000-1",
                "service_type": "electricity",
                "status": "available",
                "windows": [window],
                "verified": "2026-04-02T03:10:00Z",
                "loaded_until": None,
            },
            {
                "contract_number": "7000-2",
                "service_type": None,
                "status": "not_shared",
                "windows": [],
                "verified": None,
                "loaded_until": None,
            },
        ],
        "notices": [
            {"code": "service_not_shared", "detail": "A service asked for is not part of this grant."}
        ],
        "next": None,
        "data": [item],
    }
