"""What is stored of closed months, held against single readings, and sums without it."""

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.models import Channel, ChannelMonth
from datahub.usage.summed_months import sum_closed_months
from tests.datahub.usage.plain import Plain, plain_sums

LATER = datetime(2027, 6, 1, tzinfo=UTC)  # every month of the tests has closed


def sum_all() -> int:
    return sum_closed_months(at=LATER)


def wrong_months() -> list[tuple[int, str]]:
    """Channel and month of each stored sum that is not that of the readings."""
    wrong = []
    for row in ChannelMonth.objects.order_by("channel", "month"):
        span = MeteredSpan(1, 1, Channel.objects.get(pk=row.channel_id).meter_id, Span(row.start, row.end))
        plain = Plain()  # whatever the zone was, the row is of [start, end)
        for (_, channel, _), part in plain_sums([span], "month", ZoneInfo(settings.TIME_ZONE)).items():
            if channel == row.channel_id:
                plain.total, plain.known = plain.total + part.total, plain.known + part.known
                for code, count in part.qualities.items():
                    plain.qualities[code] += count
        stored = Plain(
            Fraction(row.total) / Fraction(10) ** row.scale,
            row.known,
            {code: count for code, count in enumerate(row.qualities) if count},
        )
        if plain != stored:
            wrong.append((row.channel_id, f"{row.month:%Y-%m}"))
    return wrong


def columns(sums) -> dict[tuple[int, int], tuple[object, ...]]:
    """Every figure of `usage_sums`, to be compared."""
    return {
        (each.contract_id, each.channel.channel_id): (
            each.rule, each.days, each.starts.tolist(), each.ends.tolist(), each.whole.tolist(), each.totals,
            each.scale, each.known.tolist(), each.due.tolist(), each.qualities.tolist(),
        )
        for each in sums
    }  # fmt: skip
