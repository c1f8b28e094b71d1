"""The Content-Security-Policy of a page, in one place.

Browsers apply `form-action` to where a form's answer redirects as well: a page whose form ends at a third
party's address names that origin here, and no other page does.
"""

from collections.abc import Iterable

_PAGE = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


def _text(directives: dict[str, list[str]]) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def page_policy(*, form_origins: Iterable[str] = ()) -> str:
    """Everything from this server only, nothing inline; forms may also end at `form_origins`."""
    return _text({**_PAGE, "form-action": ["'self'", *form_origins]})


PAGE_POLICY = page_policy()
# Django admin's theme evaluates expressions in its markup and sets styles on elements; no inline script
ADMIN_POLICY = _text(
    {
        **_PAGE,
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "form-action": ["'self'"],
    }
)


def document_policy() -> str:
    """A document that others made: it loads and runs nothing, whatever a browser takes it for."""
    return _text({"default-src": ["'none'"], "frame-ancestors": ["'none'"], "sandbox": []}).strip()
