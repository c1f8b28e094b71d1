"""How a company looks without a logo."""

import re

from django import template

register = template.Library()


@register.filter
def monogram(name: str) -> str:
    """The first letters of its first two words, such as SR of "Sunny Roofs (demo)"; a "?" where it has no letter."""
    words = re.findall(r"\w+", name)
    return "".join(word[0] for word in words[:2]).upper() or "?"
