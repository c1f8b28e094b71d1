"""The one stylesheet of the pages: its parts, in the order in which they count, joined when a process first needs it.

Its address names its content, so browsers keep it for a year and never use an old one.
"""

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

FOLDER = settings.BASE_DIR / "static" / "css"
PARTS = (
    # what the rest stands on
    "tokens.css",
    "base.css",
    "frame.css",
    "controls.css",
    "boxes.css",
    "panels.css",
    "lists.css",
    "navigation.css",
    "charts.css",
    # of some pages only
    "accounts.css",
    "bills.css",
    "home.css",
    "developer.css",
    "docs.css",
    "front.css",
    "mix.css",
    "portfolio.css",
    "sharing.css",
    "request.css",
    "sign_in.css",
    "usage.css",
)
_YEAR = "public, max-age=31536000, immutable"


@cache
def _joined() -> tuple[str, str]:
    """Address and content."""
    content = "\n".join((FOLDER / part).read_text(encoding="utf-8") for part in PARTS)
    return f"/style/{sha256(content.encode()).hexdigest()[:16]}.css", content


def stylesheet_address() -> str:
    """Below no prefix: support sessions use the same one."""
    return _joined()[0]


@require_safe
def stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """That of this release; who still has a page of another is sent on to it."""
    address, content = _joined()
    if address != f"/style/{digest}.css":
        return redirect(address)
    return HttpResponse(content, content_type="text/css; charset=utf-8", headers={"Cache-Control": _YEAR})
