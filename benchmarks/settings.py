"""The product's settings with the yardsticks' addresses beside its own."""

from cdsc_portal.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
OAUTH_CALLS_PER_MINUTE = PUBLIC_CALLS_PER_MINUTE = REGISTRATIONS_PER_MINUTE = 1_000_000  # counted as ever
MIX_OPEN_TO_CLIENTS = True
CLIENT_CALLS_PER_MINUTE = GRANT_CALLS_PER_MINUTE = 1_000_000
