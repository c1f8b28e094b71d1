"""Answers to a form: the next page is fetched with GET, whatever the form's method was (X-16)."""

from urllib.parse import urlsplit

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303: never 307, so that a posted decision is not posted again elsewhere."""

    status_code = 303


class BackToClient(SeeOther):
    """To the checked redirect address of a request, which may have an app's own scheme (RFC 8252 7.1)."""

    def __init__(self, address: str) -> None:
        self.allowed_schemes = [urlsplit(address).scheme]
        super().__init__(address)


def site_of(redirect_uri: str) -> str:
    """Scheme, host and port, for a link back; empty for an app, which has no page to go back to."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def form_source(redirect_uri: str) -> str:
    """The narrowest source of a content policy that lets a form's answer go to `redirect_uri`.

    An app's scheme has no host; of IPv6 addresses policies have no form, so the scheme stands for them too.
    """
    parts = urlsplit(redirect_uri)
    return (
        f"{parts.scheme}:" if not parts.netloc or "[" in parts.netloc else f"{parts.scheme}://{parts.netloc}"
    )
