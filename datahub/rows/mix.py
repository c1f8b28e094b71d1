"""What the formats of the generation mix return: frozen rows of shares and of amounts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class MixRow:
    """The share of one source in [start, start + resolution_seconds)."""

    line: int
    series: str  # generation_breakdown, consumption_breakdown, residual_mix
    key: str  # grid region; for consumption_breakdown the tariff code
    start: datetime  # UTC
    resolution_seconds: int
    source: str
    share: Decimal | None  # 0 to 1; None = unknown, never 0
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class AmountRow:
    """Watt-hours of one source in a region during [start, start + seconds), as the file names the source.

    Certificates are cancelled for a `tariff_code` or a `contract_number`.
    """

    line: int
    kind: str  # generated, issued, expired, tracked, cancelled, consumed, attribute
    region: str
    source: str  # "" only of consumption
    start: datetime  # UTC
    seconds: int
    wh: int
    tariff_code: str = ""
    contract_number: str = ""
    provisional: bool = False
