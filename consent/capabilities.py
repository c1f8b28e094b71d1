"""What the server can do for third parties, in the words of CDS-WG1-01 3.1; computed from what it serves."""

from collections.abc import Collection

COVERAGE, OAUTH = "coverage", "oauth"


def offered_capabilities(*, lists_coverage: bool) -> list[str]:
    """Those of the server as a whole. `oauth` is always served; `coverage` where an entry is published."""
    return [COVERAGE, OAUTH] if lists_coverage else [OAUTH]


def unfit_for_entry(capabilities: Collection[str]) -> list[str]:
    """Those that a coverage entry may not name: `coverage` itself (M-20), and what the server does not offer (M-10)."""
    fit = set(offered_capabilities(lists_coverage=False))
    return [capability for capability in capabilities if capability not in fit]
