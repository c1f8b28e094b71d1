"""Addresses of this site are built from PUBLIC_URL alone: the Host header is the caller's to choose."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme


def absolute_address(location: str, *, path: str = "/") -> str:
    """`location` as an absolute address; what is relative is meant as seen from `path` of this site."""
    return str(iri_to_uri(urljoin(f"{settings.PUBLIC_URL}{path}", location)))


def is_own_address(url: str) -> bool:
    """Whether a redirect to `url` stays on this site: no host at all, or PUBLIC_URL's with its port and scheme."""
    own = urlsplit(settings.PUBLIC_URL)
    try:
        return url_has_allowed_host_and_scheme(url, {own.netloc}, require_https=own.scheme == "https")
    except ValueError:  # no address at all
        return False
