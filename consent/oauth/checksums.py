"""Codes, tokens and request addresses are stored as checksums only (X-18)."""

import hashlib


def checksum(secret: str) -> str:
    """SHA-256, hex. Enough, unsalted, for secrets of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
