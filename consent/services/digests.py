"""The digest of what a form shows: equal while no aspect of it has changed, and able to tell which aspects differ."""

import hashlib
import json
from collections.abc import Mapping, Sequence


def digest_of(aspects: Mapping[str, object]) -> str:
    """One hash for each aspect, in their order."""
    hashes = (hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16] for facts in aspects.values())
    return ".".join(hashes)


def changed_aspects(before: str, now: str, aspects: Sequence[str]) -> tuple[str, ...]:
    """Those of `aspects`, in the order of the digests, that differ; all of them where `before` is not such a digest."""
    old, new = before.split("."), now.split(".")
    if len(old) != len(new):
        return tuple(aspects)
    return tuple(aspect for aspect, a, b in zip(aspects, old, new, strict=True) if a != b)
