import json
from datetime import timedelta

import pytest

from accounts.models import ContractServicePoint, MeterDevice
from datahub.feeds.runs.life_cycle import confirm_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import RunStatus
from tests.datahub.feeds.loading.conftest import MORNING
from tests.factories.accounts import household

pytestmark = pytest.mark.django_db


def hierarchy(mode, **rows):
    as_of = (MORNING - timedelta(hours=2)).isoformat()
    return json.dumps({"mode": mode, "as_of": as_of, **rows}).encode()


def test_a_meter_of_the_file_is_known_from_then_on(bring):
    meters = [{"meter_number": "M-77", "commodity": "electricity"}]

    run = bring("hierarchy", "hierarchy_json", hierarchy("changes", meters=meters))

    assert (run.status, run.accepted) == (RunStatus.DONE, 1)
    assert MeterDevice.objects.get().meter_number == "M-77"


def test_a_full_file_that_would_end_many_links_changes_nothing_until_confirmed(bring):
    household()

    run = bring("hierarchy", "hierarchy_json", hierarchy("full"))
    held, linked = run.status, ContractServicePoint.objects.filter(end=None).count()
    confirm_run(run=run, by=None)
    execute_due_runs(run_id=run.pk)

    run.refresh_from_db()
    assert (held, linked) == (RunStatus.HELD, 1)
    assert run.status == RunStatus.DONE
    assert not ContractServicePoint.objects.filter(end=None).exists()


def test_supply_terms_come_in_by_contract(bring):
    home = household(contract_number="K-1")
    terms = (
        b"contract_number,supplier,tariff_code,tariff_name,start,end\nK-1,Old Lamp,RES-1,Home,2024-01-01,\n"
    )

    run = bring("supply_terms", "supply_terms_csv", terms + b"K-9,Old Lamp,RES-1,Home,2024-01-01,\n")

    assert (run.accepted, run.rejected) == (1, 1)
    assert home.contract.supply_terms.get().tariff_code == "RES-1"
