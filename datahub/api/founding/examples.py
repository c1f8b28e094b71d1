"""A whole invented answer around the example of a resource, as the OpenAPI document shows it."""

from datahub.resources.base import Example


def example_answer(resource: str, item: Example) -> Example:
    """A whole answer with one object."""
    window = {"start": "2026-03-01T08:00:00Z", "end": "2026-04-01T07:00:00Z"}
    return {
        "resource": resource,
        "time_zone": "America/Los_Angeles",
        "window": window,
        "services": [
            {
                "contract_number": "7000-1",
                "service_type": "electricity",
                "status": "available",
                "windows": [window],
                "verified": "2026-04-02T03:10:00Z",
                "loaded_until": None,
            },
            {
                "contract_number": "7000-2",
                "service_type": None,
                "status": "not_shared",
                "windows": [],
                "verified": None,
                "loaded_until": None,
            },
        ],
        "notices": [
            {"code": "service_not_shared", "detail": "A service asked for is not part of this grant."}
        ],
        "next": None,
        "data": [item],
    }
