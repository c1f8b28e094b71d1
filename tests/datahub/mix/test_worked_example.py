"""docs/generation-mix.md: its figures go in as amounts and readings, and come out as it says."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from datahub.models import MixSeries, MixShare
from tests.datahub.mix.region import amount, customer, mark, quantities, shares_at, work_out

pytestmark = pytest.mark.django_db
TEXT = (Path(settings.BASE_DIR) / "docs" / "generation-mix.md").read_text()
AMOUNTS = {
    "solar generated": ("generated", "solar", {}),
    "gas generated": ("generated", "gas", {}),
    "solar issued": ("issued", "solar", {}),
    "consumed": ("consumed", "", {}),
    "cancelled for GREEN": ("cancelled", "solar", {"tariff_code": "GREEN"}),
}


def tables(first="hour"):
    """Those whose first column is `first`, as a row a dictionary."""
    matching, header = [], None
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == first:
            header, rows = cells, []
            matching.append(rows)
        elif header and line.startswith("|") and set(cells[0]) != {"-"}:
            rows.append(dict(zip(header, cells, strict=True)))
        elif not line.startswith("|"):
            header = None
    return matching


@pytest.fixture
def shown():
    """The example's first table, worked out; answers the others."""
    given, residual, tariff = tables()
    for row in given:
        for column, (kind, source, holder) in AMOUNTS.items():
            amount(kind, source, int(row[column]), hour=int(row["hour"]), **holder)
    home = customer(*(int(row["used on GREEN"]) for row in given))
    mark()
    work_out()
    return residual, tariff, home


def test_the_residual_mix_of_the_example_is_what_comes_out(shown):
    for row in shown[0]:
        wh_by_source = quantities(MixSeries.RESIDUAL, hour=int(row["hour"]))

        assert sum(wh_by_source.values()) == int(row["untracked use"])
        assert {source: wh_by_source.get(source, 0) for source in ("solar", "gas", "unknown")} == {
            source: int(row[source]) for source in ("solar", "gas", "unknown")
        }
    assert {row.method for row in MixShare.objects.filter(series=MixSeries.RESIDUAL)} == {"issuance"}


def test_the_tariff_of_the_example_is_what_comes_out(shown):
    for row in shown[1]:
        shares = shares_at(MixSeries.CONSUMPTION, hour=int(row["hour"]), key="GREEN")

        assert shares == {
            source: Decimal(row[source]) for source in ("solar", "gas", "unknown") if Decimal(row[source])
        }


def test_the_sums_of_the_example_are_what_is_served(shown, reader):
    (table,) = tables("sum")
    contract = shown[2].contract
    served = {}
    for scope, suffix in (("generation_mix usage_data", ", usage shared"), ("generation_mix", "")):
        reader.granted(contract, scope=scope)
        for summed in reader.get("/generation_mix", {"by": "day"}).json()["data"]:
            name = {"generation_breakdown": "grid", "residual_mix": "residual"}.get(
                summed["series"], f"GREEN{suffix}"
            )
            (served[name],) = summed["periods"]

    assert set(served) == {row["sum"] for row in table}
    for row in table:
        period = served[row["sum"]]
        shares = {each["source"]: each["share"] for each in period["sources"]}
        assert period["weighting"] == row["weighting"]
        assert {name: shares.get(name, "0") for name in ("solar", "gas", "unknown")} == {
            name: row[name] for name in ("solar", "gas", "unknown")
        }
