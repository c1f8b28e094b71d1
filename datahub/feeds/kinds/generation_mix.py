from django.utils.translation import gettext_lazy as _

from datahub.feeds.loading.generation_mix import load_mix
from datahub.feeds.loading.kind import Kind

KIND = Kind(
    name="generation_mix",
    title=_("generation mix"),
    load=lambda rows, origin, _file: load_mix(rows=rows, origin=origin),
    rows_a_chunk=5_000,
)
