"""How a company looks without a logo, and which one waits for a login."""

import re
from urllib.parse import urlsplit

from django import template
from django.urls import Resolver404, resolve

from consent.queries.outcomes import waiting_company

register = template.Library()


@register.filter
def monogram(name: str) -> str:
    """The first letters of its first two words, such as SR of "Sunny Roofs (demo)"; a "?" where it has no letter."""
    words = re.findall(r"\w+", name)
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.simple_tag
def company_waiting_at(address: str) -> str:
    """The name of the company whose request waits at a local address; "" where none does. One query, or none."""
    try:
        page = resolve(urlsplit(address).path)
    except Resolver404:
        return ""
    return waiting_company(page.kwargs["key"]) if page.url_name == "consent_request" else ""
