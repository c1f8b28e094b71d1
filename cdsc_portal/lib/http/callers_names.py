"""What callers call their own call: kept where it is no more than a name."""

import re

from django.http import HttpRequest

_FORMS = (
    ("request_id", "X-Request-ID", re.compile(r"[A-Za-z0-9._:-]{1,64}")),
    ("traceparent", "traceparent", re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")),
)

METHODS = frozenset(  # a caller may invent others
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)


def callers_names(request: HttpRequest) -> dict[str, str]:
    """`request_id` and `traceparent`, each where the caller sent one that is no more than a name."""
    return {
        name: value
        for name, header, form in _FORMS
        if form.fullmatch(value := request.headers.get(header, ""))
    }
