from django.utils.translation import gettext_lazy as _

from datahub.feeds.loading.hierarchy import load_supply_term_rows
from datahub.feeds.loading.kind import Kind

KIND = Kind(
    name="supply_terms",
    title=_("suppliers and tariffs"),
    load=lambda rows, origin, _file: load_supply_term_rows(rows=rows, origin=origin),
    moves_links=True,
)
