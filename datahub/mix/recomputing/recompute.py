"""Days of a region that are due, computed and stored: the grid's mix, the residual mix, tariffs, contracts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from datahub.mix.arithmetic.amounts import Amounts, shares
from datahub.mix.arithmetic.consumption import capped, contract_weights, tariff_step
from datahub.mix.arithmetic.region import Step, region_steps, step_seconds
from datahub.mix.arithmetic.residual import Method, Residual, residual
from datahub.mix.recomputing.inputs import ReportedShares, amounts_around, instants, reported_shares
from datahub.mix.recomputing.store import ComputedShare, store_shares
from datahub.mix.recomputing.use import Served, ServedContracts, Use
from datahub.models import MixDay, MixSeries

# a region's usage of so many days is in memory at once; who is served is queried once for them
DAYS_AT_ONCE = 8


@transaction.atomic
def recompute_next(*, at: datetime) -> int:
    """Compute the region whose days are due longest, a few days of it; returns how many, 0 where none is due.

    All or nothing: where it ends halfway, the days stay due. Days that another worker holds are passed over.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    oldest = MixDay.objects.select_for_update(skip_locked=True).filter(due__isnull=False)
    first = oldest.order_by("due", "region", "day").first()
    if first is None:
        return 0
    days = list(oldest.filter(region=first.region, day__gte=first.day).order_by("day")[:DAYS_AT_ONCE])
    consecutive: list[list[date]] = []
    for day in (row.day for row in days):
        if consecutive and (day - consecutive[-1][-1]).days == 1:
            consecutive[-1].append(day)
        else:
            consecutive.append([day])
    for part in consecutive:
        store_shares(list(_computed_shares(first.region, part)), region=first.region, days=part, at=at)
    MixDay.objects.filter(pk__in=[day.pk for day in days]).update(due=None, computed=at)
    return len(days)


@dataclass(frozen=True, slots=True)
class _Untracked:
    """The residual mix of a step, ours or a published one, as weights; `computed` is ours."""

    weights: Amounts
    method: Method
    provisional: bool
    computed: Residual | None


def _computed_shares(region: str, days: Sequence[date]) -> Iterator[ComputedShare]:
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
    reported = reported_shares(region, list(tariffs), days)
    for start in hull[::seconds]:
        if start not in steps and reported.residual_at(start):
            steps[start] = Step()
    untracked: dict[int, _Untracked] = {}
    for start, step in steps.items():
        published = reported.residual_at(start)
        if published is not None:  # a published residual mix beats ours
            published_span, weights = published
            provisional = step.provisional or published_span in reported.provisional
            untracked[start] = _Untracked(weights, Method.PUBLISHED, provisional, None)
        else:
            ours = residual(step.region(), fill=step.fill)
            untracked[start] = _Untracked(ours.amounts, ours.method, step.provisional, ours)
        yield from _of_region(region, start, seconds, step, untracked[start], reported)
    yield from _Consumption(region, seconds, steps, untracked, reported).rows(days, contracts, tariffs)


def _of_region(
    region: str, start: int, seconds: int, step: Step, untracked: _Untracked, reported: ReportedShares
) -> Iterator[ComputedShare]:
    """The grid's mix and the residual mix, each where no file reports it and something is generated."""
    if not step.generated:
        return
    if not reported.covers(MixSeries.GENERATION, region, start, seconds):
        head = (str(MixSeries.GENERATION), region, "", None, start, seconds)
        for source, share in shares(step.generated).items():
            quantity = step.generated.get(source, 0)
            yield ComputedShare(*head, source, share, quantity, 0, Method.PUBLISHED, step.provisional)
    ours = untracked.computed
    if ours is not None and not reported.covers(MixSeries.RESIDUAL, region, start, seconds):
        head = (str(MixSeries.RESIDUAL), region, "", None, start, seconds)
        parts = shares({**dict.fromkeys([*step.generated, *ours.negative], 0), **ours.amounts})
        for source in parts.keys() | ours.negative.keys():
            quantity, beyond = ours.amounts.get(source, 0), ours.negative.get(source, 0)
            share = parts.get(source, Decimal(0))
            yield ComputedShare(*head, source, share, quantity, beyond, ours.method, step.provisional)


@dataclass(frozen=True, slots=True)
class _Consumption:
    """What tariffs and contracts of a region consumed."""

    region: str
    seconds: int
    steps: Mapping[int, Step]
    untracked: Mapping[int, _Untracked]
    reported: ReportedShares

    def rows(
        self, days: Sequence[date], contracts: ServedContracts, tariffs: Mapping[str, tuple[int, int]]
    ) -> Iterator[ComputedShare]:
        """Usage is read only of tariffs with certificates, of their own or of one of their contracts."""
        owners = contracts.alone()
        certified = {tariff for step in self.steps.values() for tariff, _ in step.cancelled}
        certified |= {owner.tariff for owner in owners}
        use = contracts.use(days, certified & tariffs.keys(), seconds=self.seconds)
        for start in sorted(self.steps):
            for tariff, (first, past) in tariffs.items():
                if first < start + self.seconds and start < past:
                    yield from self._of_tariff(start, tariff, owners, use)

    def _of_tariff(
        self, start: int, tariff: str, owners: Sequence[Served], use: Use
    ) -> Iterator[ComputedShare]:
        if self.reported.covers(MixSeries.CONSUMPTION, tariff, start, self.seconds):
            return
        step, weights = self.steps[start], self.untracked[start].weights
        own = {  # by contract: what it used, and its own certificates
            owner.contract: (
                use.of(tariff, start, owner.contract),
                step.cancelled.get(("", owner.contract), {}),
            )
            for owner in owners
            if owner.tariff == tariff and owner.first <= start and start + self.seconds <= owner.last
        }
        counted = sum(sum(capped(given, used).values()) for used, given in own.values())
        rest = max(0, use.of(tariff, start) - counted)
        shared = tariff_step(use=rest, cancelled=step.cancelled.get((tariff, None), {}), residual=weights)
        yield from self._rows(start, tariff, None, shared.amounts if shared.use else weights)
        for contract, (used, given) in own.items():
            amounts = contract_weights(use=used, own=given, tariff=shared, residual=weights)
            yield from self._rows(start, tariff, contract, amounts)

    def _rows(
        self, start: int, tariff: str, contract: int | None, amounts: Amounts
    ) -> Iterator[ComputedShare]:
        untracked = self.untracked[start]
        head = (str(MixSeries.CONSUMPTION), tariff, self.region, contract, start, self.seconds)
        names = dict.fromkeys(self.steps[start].generated, 0)
        for source, share in shares({**names, **amounts}).items():
            yield ComputedShare(*head, source, share, None, 0, untracked.method, untracked.provisional)
