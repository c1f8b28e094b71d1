"""Staff see what a correction replaced: of a channel, by a run, on a page and as CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from datahub.models import Channel
from datahub.rows.usage import Quality
from datahub.usage import corrections
from datahub.usage.corrections import CorrectionFilter, all_corrections, latest_corrections
from tests.factories.accounts import MeterDeviceFactory, StaffFactory, UserFactory
from tests.factories.feeds import FeedRunFactory, load_readings, usage_series

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = (datetime(2026, 4, day, tzinfo=UTC) for day in (1, 2, 3))
QUARTER = timedelta(minutes=15)


@pytest.fixture
def meter():
    return MeterDeviceFactory(meter_number="M-1")


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def changes_of(query=None):
    """What the page shows, and the same from the CSV's source."""
    corrections, _is_cut = latest_corrections(query or CorrectionFilter())
    assert list(all_corrections(query or CorrectionFilter())) == corrections
    return [
        (
            correction.start,
            *(
                (f"{stored.value:f}" if stored.value is not None else None, stored.quality.name)
                for stored in (correction.before, correction.after)
            ),
        )
        for correction in corrections
    ]


def test_a_correction_tells_before_and_after_when_and_by_which_run(meter):
    load_readings(usage_series(meter, NOON, [1, 2, None, 4]), at=FIRST)
    run = FeedRunFactory(file_name="fixed.csv")

    load_readings(usage_series(meter, NOON, [1, 7, 3], quality=[0, Quality.CORRECTED, 0]), at=SECOND, run=run)

    (correction,) = latest_corrections(CorrectionFilter())[0]
    assert changes_of() == [(NOON + QUARTER, ("0.002", "ACTUAL"), ("0.007", "CORRECTED"))]
    assert (correction.end, correction.replaced) == (NOON + 2 * QUARTER, SECOND)
    facts = correction.facts
    assert (facts.run_id, facts.file_name, facts.meter_number) == (run.pk, "fixed.csv", "M-1")


@pytest.mark.parametrize("step", [900, 86_400])
def test_each_correction_is_told_up_to_the_next_and_the_newest_first(meter, step):
    for value, day in ((1, 1), (2, 2), (3, 3), (4, 4)):
        load_readings(usage_series(meter, NOON, [value], step=step), at=datetime(2026, 4, day, tzinfo=UTC))

    changes = [(before[0], after[0]) for _start, before, after in changes_of()]
    assert changes == [("0.003", "0.004"), ("0.002", "0.003"), ("0.001", "0.002")]


def test_of_a_block_the_latest_reading_comes_first(meter):
    load_readings(usage_series(meter, NOON, [1, 1]), at=FIRST)

    load_readings(usage_series(meter, NOON, [2, 2]), at=SECOND)

    assert [start for start, *_ in changes_of()] == [NOON + QUARTER, NOON]


@pytest.mark.parametrize("step", [900, 86_400])
def test_a_withdrawal_is_told_also_when_the_value_comes_back(meter, step):
    load_readings(usage_series(meter, NOON, [1], step=step), at=FIRST)
    load_readings(usage_series(meter, NOON, [None], step=step, quality=Quality.WITHDRAWN), at=SECOND)
    withdrawn = [(NOON, ("0.001", "ACTUAL"), (None, "WITHDRAWN"))]
    assert changes_of() == withdrawn

    load_readings(usage_series(meter, NOON, [5], step=step), at=THIRD)

    assert changes_of() == withdrawn


def test_more_decimals_of_the_same_value_are_no_correction(meter):
    load_readings(usage_series(meter, NOON, [15, 16], scale=1), at=FIRST)

    load_readings(usage_series(meter, NOON, [150, 165], scale=2), at=SECOND)

    assert changes_of() == [(NOON + QUARTER, ("1.6", "ACTUAL"), ("1.65", "ACTUAL"))]


def test_another_quality_of_the_same_value_is_told(meter):
    load_readings(usage_series(meter, NOON, [1, 2], quality=Quality.ESTIMATED), at=FIRST)

    load_readings(usage_series(meter, NOON, [1]), at=SECOND)

    assert changes_of() == [(NOON, ("0.001", "ESTIMATED"), ("0.001", "ACTUAL"))]


def test_grids_stay_apart_each_by_its_own_step_and_phase(meter):
    offset = NOON + timedelta(minutes=5)
    for start, step in ((NOON, 900), (offset, 900), (NOON, 3600)):
        load_readings(usage_series(meter, start, [1, 2], step=step), at=FIRST)

    load_readings(usage_series(meter, offset, [1, 9]), at=SECOND)
    load_readings(usage_series(meter, NOON, [8], step=3600), at=THIRD)

    assert changes_of() == [
        (NOON, ("0.001", "ACTUAL"), ("0.008", "ACTUAL")),
        (offset + QUARTER, ("0.002", "ACTUAL"), ("0.009", "ACTUAL")),
    ]


def test_a_period_is_told_too(meter):
    for value, at in ((10, FIRST), (20, SECOND), (None, THIRD)):
        quality = Quality.ACTUAL if value else Quality.WITHDRAWN
        load_readings(usage_series(meter, NOON, [value], step=86_400, quality=quality), at=at)

    assert changes_of() == [
        (NOON, ("0.020", "ACTUAL"), (None, "WITHDRAWN")),
        (NOON, ("0.010", "ACTUAL"), ("0.020", "ACTUAL")),
    ]


@pytest.mark.parametrize("step", [900, 86_400])
def test_only_the_channel_or_run_that_is_asked_for(meter, step):
    other = MeterDeviceFactory(meter_number="M-2")
    runs = [FeedRunFactory() for _ in range(2)]
    for each in (meter, other):
        load_readings(usage_series(each, NOON, [1], step=step), at=FIRST)
    load_readings(
        usage_series(meter, NOON, [2], step=step),
        usage_series(other, NOON, [3], step=step),
        at=SECOND,
        run=runs[0],
    )
    load_readings(usage_series(meter, NOON, [4], step=step), at=THIRD, run=runs[1])
    channel = Channel.objects.get(meter=meter)

    def after(**query):
        return sorted(value for _start, _before, (value, _quality) in changes_of(CorrectionFilter(**query)))

    assert after(channel_id=channel.pk) == ["0.002", "0.004"]
    assert after(run_id=runs[0].pk) == ["0.002", "0.003"]
    assert after(run_id=runs[1].pk) == ["0.004"]


@pytest.mark.parametrize(("step", "count"), [(900, 96), (86_400, 1)])
def test_local_days_narrow_the_page_both_inclusive(staff, meter, step, count):
    start = datetime(2026, 3, 8, 8, tzinfo=UTC)  # midnight in the utility's zone, of a day of 23 hours
    days = 3 * count
    load_readings(usage_series(meter, start, [1] * days, step=step), at=FIRST)
    load_readings(usage_series(meter, start, [2] * days, step=step), at=SECOND)
    channel = Channel.objects.get()

    lines = csv_of(staff, channel=channel.pk, first="2026-03-08", last="2026-03-08")
    after = csv_of(staff, channel=channel.pk, first="2026-03-09")

    local_days = {line["start_local"][:10] for line in lines}
    assert local_days == {"2026-03-08"}
    assert len(lines) == (92 if step == 900 else 1)
    assert len(lines) + len(after) == days
    assert min(line["start_local"][:10] for line in after) == "2026-03-09"


def csv_of(staff, **query):
    answer = staff.get(reverse("admin:datahub_corrections_csv"), query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def page_of(staff, **query):
    return staff.get(reverse("admin:datahub_corrections"), query)


@pytest.fixture
def corrected(meter):
    """The run that set a reading from 0.001 to -0.002."""
    load_readings(usage_series(meter, NOON, [1]), at=FIRST)
    run = FeedRunFactory(file_name="=fixed.csv")
    load_readings(usage_series(meter, NOON, [-2]), at=SECOND, run=run)
    return run


def test_the_page_of_a_channel_and_that_of_a_run_lead_to_it(staff, corrected):
    channel = Channel.objects.get()
    for target, name in ((channel, "channel"), (corrected, "run")):
        model = f"admin:datahub_{target._meta.model_name}"
        detail = staff.get(reverse(f"{model}_change", args=[target.pk])).content.decode()
        link = reverse(f"{model}_corrections", kwargs={"object_id": target.pk})

        page = staff.get(link, follow=True)

        assert f'href="{link}"' in detail
        assert page.redirect_chain[-1][0] == f"{reverse('admin:datahub_corrections')}?{name}={target.pk}"
        assert str(target) in page.content.decode()


def test_the_page_says_what_was_when_and_by_whom_in_local_time_and_utc(staff, corrected):
    page = page_of(staff, channel=Channel.objects.get().pk).content.decode()

    for shown in ("2026-03-02 04:00:00-08:00", "2026-03-02T12:00:00Z", "0.001 Wh", "-0.002 Wh", "=fixed.csv"):
        assert shown in page
    assert reverse("admin:datahub_feedrun_change", args=[corrected.pk]) in page


def test_the_file_is_safe_in_a_spreadsheet_and_its_numbers_stay_numbers(staff, corrected):
    assert csv_of(staff, run=corrected.pk) == [{
        "meter_number": "M-1", "register": "", "direction": "import", "unit": "Wh", "start": "2026-03-02T12:00:00Z",
        "end": "2026-03-02T12:15:00Z", "start_local": "2026-03-02T04:00:00-08:00", "value_before": "0.001",
        "quality_before": "actual", "value_after": "-0.002", "quality_after": "actual",
        "replaced_at": "2026-04-02T00:00:00Z", "run": corrected.public_id, "file_name": "'=fixed.csv",
    }]  # fmt: skip


def test_a_page_shows_so_many_and_the_file_all(staff, meter, monkeypatch):
    monkeypatch.setattr(corrections, "_DECODED", 2)
    for value in (1, 2, 3):
        load_readings(usage_series(meter, NOON, [value] * 300), at=FIRST + timedelta(days=value))
    channel = Channel.objects.get().pk

    page = page_of(staff, channel=channel)

    assert len(page.context["corrections"]) == corrections.MOST
    assert page.context["is_cut"]
    assert len(csv_of(staff, channel=channel)) == 600


@pytest.mark.parametrize("step", [900, 86_400])
def test_the_file_goes_on_where_one_batch_of_history_ends(staff, meter, step):
    days = corrections.MOST + 2
    for value in (1, 2):
        series = (usage_series(meter, NOON + timedelta(days=day), [value], step=step) for day in range(days))
        load_readings(*series, at=FIRST + timedelta(days=value))

    lines = csv_of(staff, channel=Channel.objects.get().pk)

    assert len({line["start"] for line in lines}) == len(lines) == days


def test_more_corrections_cost_no_more_queries(staff, meter, django_assert_num_queries):
    values = [1] * 96 * 5
    load_readings(usage_series(meter, NOON, values), at=FIRST)
    load_readings(usage_series(meter, NOON, [2]), at=SECOND)
    channel = Channel.objects.get().pk

    # session, user, channel, blocks, periods; savepoint, session, release
    with django_assert_num_queries(8):
        assert len(page_of(staff, channel=channel).context["corrections"]) == 1
    load_readings(usage_series(meter, NOON, [3] * len(values)), at=THIRD)
    with django_assert_num_queries(8):
        assert len(page_of(staff, channel=channel).context["corrections"]) == 481


def test_only_staff_who_may_see_channels_see_corrections(client, corrected):
    clerk = UserFactory(is_staff=True)
    client.force_login(clerk)
    addresses = [reverse(f"admin:datahub_corrections{end}") for end in ("", "_csv")]
    before = [client.get(address, {"run": corrected.pk}).status_code for address in addresses]

    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_channel", "export_records"]))
    after = [client.get(address, {"run": corrected.pk}).status_code for address in addresses]

    assert (before, after) == ([403, 403], [200, 200])


@pytest.mark.parametrize(
    "parameters",
    [{}, {"channel": "9"}, {"run": "9"}, {"channel": "x"}, {"run": str(2**63)}, {"channel": "-1"}],
)
def test_what_is_not_there_is_not_found(staff, parameters):
    assert page_of(staff, **parameters).status_code == 404


@pytest.mark.parametrize(
    "days",
    [
        {"first": "soon"},
        {"first": "0001-01-01"},
        {"last": "9999-12-31"},
        {"first": "2026-03-02", "last": "2026-03-01"},
    ],
)
def test_days_that_are_none_are_told_beside_their_field(staff, corrected, days):
    page = page_of(staff, run=corrected.pk, **days)

    assert page.context["form"].errors
    assert page.context["corrections"] == []
    assert (
        staff.get(reverse("admin:datahub_corrections_csv"), {"run": corrected.pk, **days}).status_code == 400
    )
