"""Answers to a form: the next page is fetched with GET, whatever the form's method was (X-16)."""

from urllib.parse import urlsplit

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303: never 307, so that a posted decision is not posted again elsewhere."""

    status_code = 303


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as a content policy names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
