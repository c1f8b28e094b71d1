from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.feed_rows import Hierarchy
from datahub.feeds.loading.hierarchy import load_hierarchy_rows
from datahub.feeds.loading.kind import Kind, WholeFile
from datahub.store.load import Loaded
from datahub.store.tally import Origin


def _load(rows: Sequence[Hierarchy], origin: Origin, file: WholeFile) -> Loaded:
    """A file is one row: the whole hierarchy."""
    return load_hierarchy_rows(hierarchy=rows[0], confirmed=file.confirmed, unread=file.unread, origin=origin)


KIND = Kind(
    name="hierarchy",
    title=_("customers, accounts, contracts, points, meters"),
    load=_load,
    rows_a_chunk=1,
    brings_meters=True,
    moves_links=True,
)
