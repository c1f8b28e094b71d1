"""Days of a region that are due, worked out and stored: the grid's mix, the residual mix, tariffs, contracts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from datahub.mix.arithmetic.amounts import Amounts, shares
from datahub.mix.arithmetic.consumption import capped, contract_weights, tariff_step
from datahub.mix.arithmetic.region import Step, region_steps, step_seconds
from datahub.mix.arithmetic.residual import Method, Residual, residual
from datahub.mix.recomputing.inputs import ReportedShares, amounts_around, instants, told_shares
from datahub.mix.recomputing.store import WorkedOut, store_shares
from datahub.mix.recomputing.use import Served, ServedContracts, Use
from datahub.models import MixDay, MixSeries

DAYS_AT_ONCE = (
    8  # a region's usage of so many days is in memory at once; who is served is looked up once for them
)


@transaction.atomic
def recompute_next(*, at: datetime) -> int:
    """Work out the region whose days are due longest, a few days of it; returns how many, 0 where none is due.

    All or nothing: where it ends halfway, the days stay due. Days that another worker holds are passed over.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    oldest = MixDay.objects.select_for_update(skip_locked=True).filter(due__isnull=False)
    first = oldest.order_by("due", "region", "day").first()
    if first is None:
        return 0
    days = list(oldest.filter(region=first.region, day__gte=first.day).order_by("day")[:DAYS_AT_ONCE])
    for run in _runs([day.day for day in days]):
        store_shares(list(_worked_out(first.region, run)), region=first.region, days=run, at=at)
    MixDay.objects.filter(pk__in=[day.pk for day in days]).update(due=None, computed=at)
    return len(days)


def _runs(days: Sequence[date]) -> list[list[date]]:
    """Days that follow on each other."""
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


@dataclass(frozen=True, slots=True)
class _Untracked:
    """The residual mix of a step, ours or a published one, as weights; `computed` is ours."""

    weights: Amounts
    method: Method
    provisional: bool
    computed: Residual | None


def _worked_out(region: str, days: Sequence[date]) -> Iterator[WorkedOut]:
    """All shares of consecutive days. Twelve statements, however many contracts and hours."""
    span = instants(days)
    amounts = amounts_around(region, days)
    seconds = step_seconds(amounts)
    hull = range(int(span[0].timestamp()), int(span[1].timestamp()))
    steps = region_steps(amounts, seconds, hull)
    own = {
        contract for step in steps.values() for _tariff, contract in step.cancelled if contract is not None
    }
    contracts = ServedContracts(region, *span, own=own)
    tariffs = contracts.tariffs()
    told = told_shares(region, list(tariffs), days)
    for start in hull[::seconds]:
        if start not in steps and told.residual_at(start):
            steps[start] = Step()
    untracked = {start: _untracked(start, step, told) for start, step in steps.items()}
    for start, step in steps.items():
        yield from _of_region(region, start, seconds, step, untracked[start], told)
    yield from _Consumption(region, seconds, steps, untracked, told).rows(days, contracts, tariffs)


def _untracked(start: int, step: Step, told: ReportedShares) -> _Untracked:
    """A published residual mix beats ours."""
    published = told.residual_at(start)
    if published is not None:
        span, weights = published
        return _Untracked(weights, Method.PUBLISHED, step.provisional or span in told.provisional, None)
    found = residual(step.region(), fill=step.fill)
    return _Untracked(found.amounts, found.method, step.provisional, found)


def _of_region(
    region: str, start: int, seconds: int, step: Step, untracked: _Untracked, told: ReportedShares
) -> Iterator[WorkedOut]:
    """The grid's mix and the residual mix, each where no file tells it and something is generated."""
    if not step.generated:
        return
    if not told.covers(MixSeries.GENERATION, region, start, seconds):
        head = (str(MixSeries.GENERATION), region, "", None, start, seconds)
        for source, share in shares(step.generated).items():
            quantity = step.generated.get(source, 0)
            yield WorkedOut(*head, source, share, quantity, 0, Method.PUBLISHED, step.provisional)
    found = untracked.computed
    if found is not None and not told.covers(MixSeries.RESIDUAL, region, start, seconds):
        head = (str(MixSeries.RESIDUAL), region, "", None, start, seconds)
        parts = shares({**dict.fromkeys([*step.generated, *found.negative], 0), **found.amounts})
        for source in parts.keys() | found.negative.keys():
            quantity, beyond = found.amounts.get(source, 0), found.negative.get(source, 0)
            share = parts.get(source, Decimal(0))
            yield WorkedOut(*head, source, share, quantity, beyond, found.method, step.provisional)


@dataclass(frozen=True, slots=True)
class _Consumption:
    """What tariffs and contracts of a region consumed."""

    region: str
    seconds: int
    steps: Mapping[int, Step]
    untracked: Mapping[int, _Untracked]
    told: ReportedShares

    def rows(
        self, days: Sequence[date], contracts: ServedContracts, tariffs: Mapping[str, tuple[int, int]]
    ) -> Iterator[WorkedOut]:
        """Usage is read only of tariffs with certificates, of their own or of one of their contracts."""
        owners = contracts.alone()
        certified = {tariff for step in self.steps.values() for tariff, _ in step.cancelled}
        certified |= {one.tariff for one in owners}
        use = contracts.use(days, certified & tariffs.keys(), seconds=self.seconds)
        for start in sorted(self.steps):
            for tariff, (first, past) in tariffs.items():
                if first < start + self.seconds and start < past:
                    yield from self._of_tariff(start, tariff, owners, use)

    def _of_tariff(self, start: int, tariff: str, owners: Sequence[Served], use: Use) -> Iterator[WorkedOut]:
        if self.told.covers(MixSeries.CONSUMPTION, tariff, start, self.seconds):
            return
        step, weights = self.steps[start], self.untracked[start].weights
        here = [
            one
            for one in owners
            if one.tariff == tariff and one.first <= start and start + self.seconds <= one.last
        ]
        own = {
            one.contract: (use.of(tariff, start, one.contract), step.cancelled.get(("", one.contract), {}))
            for one in here
        }
        counted = sum(sum(capped(given, used).values()) for used, given in own.values())
        rest = max(0, use.of(tariff, start) - counted)
        found = tariff_step(use=rest, cancelled=step.cancelled.get((tariff, None), {}), residual=weights)
        yield from self._rows(start, tariff, None, found.amounts if found.use else weights)
        for contract, (used, given) in own.items():
            told = contract_weights(use=used, own=given, tariff=found, residual=weights)
            yield from self._rows(start, tariff, contract, told)

    def _rows(self, start: int, tariff: str, contract: int | None, amounts: Amounts) -> Iterator[WorkedOut]:
        untracked = self.untracked[start]
        head = (str(MixSeries.CONSUMPTION), tariff, self.region, contract, start, self.seconds)
        names = dict.fromkeys(self.steps[start].generated, 0)
        for source, share in shares({**names, **amounts}).items():
            yield WorkedOut(*head, source, share, None, 0, untracked.method, untracked.provisional)
