"""What each process counts for `/metrics`; those of all web processes are added up when they are read (decision 75).

Labels are names of ours: routes, codes, resources. Never an address, a client or a person.
"""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("cdsc_requests", "Requests by route, method and status", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "cdsc_request_seconds",
    "Seconds until an answer began, by route",
    ["route"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
REFUSALS = Counter("cdsc_refusals", "Refusals of the APIs by status and code", ["status", "code"])
STORE_READS = Counter(
    "cdsc_store_reads",
    "Reads of the store where there is a replica: by it, or since it was behind or away",
    ["by"],
)
DISCLOSURES = Counter("cdsc_disclosures", "Answers that released data, by resource", ["resource"])
