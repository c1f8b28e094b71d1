"""Atom links of an ESPI entry, as far as vendors agree on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
_MOST_LINES = 65_535


def line_of(element: etree._Element) -> int:
    """The line of the file on which the element begins."""
    line = cast("int", element.sourceline)
    first: etree._Element | None = element
    while (
        line >= _MOST_LINES and first is not None
    ):  # from here on libxml2 says where the first text inside ends
        if first.text:
            return line - first.text.count("\n")
        first = next(first.iterchildren(), None)
    return line


@dataclass(frozen=True, slots=True)
class Links:
    """Where an entry stands: paths without scheme, host and closing slash; "" where it does not say."""

    own: str
    up: str
    related: frozenset[str]

    @classmethod
    def of(cls, entry: etree._Element) -> "Links":
        own, up, related = "", "", set()
        for link in entry.iterchildren(f"{ATOM}link"):
            path = _path(link.get("href", "").strip())
            match link.get("rel"):
                case "self":
                    own = path
                case "up":
                    up = path
                case "related":
                    related.add(path)
        return cls(own or (entry.findtext(f"{ATOM}id") or "").strip(), up, frozenset(related))

    def is_a(self, kind: str) -> bool:
        """Whether the path ends in .../<kind>/<id>."""
        return self.own.split("/")[-2:-1] == [kind]

    def above(self, kind: str) -> Iterator[str]:
        """What this entry may hang on, likeliest first: its paths up to /<kind>, else its up link."""
        for path in (self.own, self.up, *sorted(self.related)):
            head, found, _ = path.rpartition(f"/{kind}")
            if found:
                yield head
        yield self.up

    def points_to(self, other: "Links") -> bool:
        """Whether this entry names the other, or the collection that holds it."""
        return bool(self.related & {other.own, other.up})


def _path(address: str) -> str:
    """Without host and query, which differ within a file; a fragment may be all that tells entries apart."""
    _, scheme, rest = address.partition("://")
    if scheme:
        address = "/" + rest.partition("/")[2]
    place, _, fragment = address.partition("#")
    path = place.partition("?")[0].rstrip("/")
    return f"{path}#{fragment.rstrip('/')}" if fragment else path
