"""`make api-tables`: writes the tables of docs/api.md from the registry of resources; with --check it only compares."""

import os
import re
import sys
from collections.abc import Iterator

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")
django.setup()  # a resource is declared beside its tables

from consent.api.gated import scopes_opening  # noqa: E402
from consent.scopes.catalogue import SCOPES  # noqa: E402
from datahub.api.founding.operations import PARAMETERS, option_parameters  # noqa: E402
from datahub.api.urls import gated_paths, open_paths  # noqa: E402
from datahub.resources.registry import RESOURCES  # noqa: E402
from tools.files import ROOT  # noqa: E402

PAGE = ROOT / "docs" / "api.md"


def resource_rows() -> Iterator[str]:
    """A row an address that a grant opens."""
    yield "| path | scope that opens it | what | CSV |"
    yield "|---|---|---|---|"
    for resource in RESOURCES.values():
        scopes = ", ".join(f"`{scope}`" for scope in scopes_opening(resource.opened_as))
        for pattern in gated_paths(resource):
            path = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
            view = pattern.callback.cls  # type: ignore[attr-defined]  # of REST framework's views
            csv = "yes " if "text/csv" in {form.media_type for form in view.renderer_classes} else ""
            yield f"| `GET /{path}` | {scopes} | {view.__doc__} | {csv}|"


def open_series_rows() -> Iterator[str]:
    """A row a series that registered clients read without a grant."""
    yield "| path | scope of the client that opens it | what |"
    yield "|---|---|---|"
    for resource in RESOURCES.values():
        for pattern in open_paths(resource):
            scopes = ", ".join(f"`{scope}`" for scope in scopes_opening(resource.opened_as))
            view = pattern.callback.cls  # type: ignore[attr-defined]  # of REST framework's views
            yield f"| `GET /{pattern.pattern}` | {scopes} | {view.__doc__} |"


def scope_rows() -> Iterator[str]:
    yield "| scope | what customers read | resources that it opens |"
    yield "|---|---|---|"
    for scope in SCOPES.values():
        yield f"| `{scope.id}` | {scope.title} | {', '.join(f'`{name}`' for name in scope.opens)} |"


def parameter_rows() -> Iterator[str]:
    """Those of all resources, then those that only some take, with their choices."""
    yield "| parameter | taken by | what |"
    yield "|---|---|---|"
    for parameter in PARAMETERS:
        yield f"| `{parameter.name}` | every resource | {parameter.description} |"
    takers: dict[tuple[str, str], list[str]] = {}
    for resource in RESOURCES.values():
        for option in option_parameters(resource):
            choices = ", ".join(f"`{choice}`" for choice in option.enum or ())
            takers.setdefault((option.name, f"{choices}. {option.description}"), []).append(resource.name)
    for (name, text), resources in takers.items():
        yield f"| `{name}` | {', '.join(f'`{resource}`' for resource in resources)} | {text} |"


TABLES = {
    "resources": resource_rows,
    "open series": open_series_rows,
    "scopes": scope_rows,
    "parameters": parameter_rows,
}


def with_tables(page: str) -> str:
    """`page` with each table anew. Raises ValueError where the place of one is not marked."""
    for name, rows in TABLES.items():
        begin, end = f"<!-- table of {name}: make api-tables -->\n", f"<!-- end of the table of {name} -->\n"
        before, begun, rest = page.partition(begin)
        _old, ended, after = rest.partition(end)
        if not begun or not ended:
            raise ValueError(f"docs/api.md lacks the lines around the table of {name}")
        page = "\n".join([before + begin, *rows(), "", end + after])
    return page


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    written = with_tables(page)
    if "--check" in sys.argv:
        if page != written:
            print("docs/api.md is not what the registry says; run: make api-tables")
        return page != written
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
