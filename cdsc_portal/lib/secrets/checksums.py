"""Random secrets are stored as checksums only: tokens, codes, request addresses, secrets of clients (X-18)."""

import hashlib


def checksum(secret: str) -> str:
    """SHA-256, hex. Enough, unsalted, for secrets of 256 random bits; never for what a person chose."""
    return hashlib.sha256(secret.encode()).hexdigest()
