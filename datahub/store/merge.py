"""What wins when a load restates what is stored: pure rules, slot by slot."""

from dataclasses import dataclass, replace

import numpy as np

from datahub.rows.usage import Quality
from datahub.store.codec import NEVER, Blocks, Codes, Flags, Integers, scaled_up

CONTRADICTS = "gives another value for a time of which the file spoke before"
_WEAK = (Quality.ESTIMATED, Quality.PROVISIONAL)


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings side by side in any shape; see `Blocks` for what each array means."""

    values: Integers
    known: Flags
    quality: Codes
    version: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`readings` now; where they differ for a reader, where only the version moved, where the load lost.

    `contradicts`: where the load gave another value than its own file did before; such are refused.
    """

    readings: Readings
    changed: Flags
    restated: Flags
    superseded: Flags
    contradicts: Flags


def merged(stored: Readings, loaded: Readings, *, mine: Flags) -> Outcome:
    """The newer version wins, the later load where versions are equal; values have one scale.

    Unknown never erases known, but a withdrawal does. An estimate or a provisional value does not replace a firm
    one. The same value again changes nothing but the version, so that a file older than it stays out. Where `mine`,
    the same run wrote what is stored: of what one file says twice the first word stands.
    """
    withdraws = loaded.quality == Quality.WITHDRAWN
    speaks = (loaded.known | withdraws) & (loaded.version != NEVER)
    weaker = stored.known & loaded.known & ~np.isin(stored.quality, _WEAK) & np.isin(loaded.quality, _WEAK)
    again = mine & speaks & (loaded.version == stored.version)
    wins = speaks & (loaded.version >= stored.version) & ~weaker & ~again
    equal = (stored.values == loaded.values) & (stored.quality == loaded.quality)
    same = np.where(stored.known & loaded.known, equal, ~stored.known & ~loaded.known)  # for a reader
    contradicts = again & ((stored.known != loaded.known) | (stored.values != loaded.values))
    now = Readings(
        np.where(wins, loaded.values, stored.values),
        np.where(wins, loaded.known, stored.known),
        np.where(wins, loaded.quality, stored.quality),
        np.where(wins, loaded.version, stored.version),
    )
    lost = speaks & ~wins & ~same & ~contradicts
    return Outcome(now, wins & ~same, wins & same & (loaded.version != stored.version), lost, contradicts)


def merged_blocks(stored: Blocks, loaded: Blocks, *, mine: Flags) -> tuple[Blocks, Outcome, Flags]:
    """Merge row by row; returns the blocks, the outcome, and which loaded slots do not fit their block's digits.

    A block has one scale: where the load has more decimals, what is stored is scaled up. A loaded slot whose
    value then needs more than 64 bits is left out; where a stored one does, all of the row's are. `mine` has an
    element a row.
    """
    scale = np.maximum(stored.scale, loaded.scale)
    old, old_fits = scaled_up(stored.values, (scale - stored.scale)[:, None])
    stuck: Flags = ~np.all(old_fits, axis=1)
    scale = np.where(stuck, stored.scale, scale)
    old = np.where(stuck[:, None], stored.values, old)
    new, fits = scaled_up(loaded.values, np.maximum(scale - loaded.scale, 0)[:, None])
    fits &= ~stuck[:, None]
    speaks = loaded.stated & fits
    outcome = merged(
        Readings(old, stored.known, stored.quality, stored.version),
        Readings(new, loaded.known & speaks, loaded.quality, np.where(speaks, loaded.version, NEVER)),
        mine=mine[:, None],
    )
    now = outcome.readings
    blocks = replace(
        stored, scale=scale, values=now.values, known=now.known, quality=now.quality, version=now.version
    )
    return blocks, outcome, loaded.stated & ~fits
