"""Every kind of feed by name, from the files of `datahub/feeds/kinds`."""

from cdsc_portal.lib.runtime.declarations import declared
from datahub.feeds.kinds import KIND_NAMES
from datahub.feeds.loading.kind import Kind
from datahub.models.feeds import KIND_TITLES

KINDS = declared("datahub.feeds.kinds", KIND_NAMES, "KIND", Kind, lambda kind: kind.name)
KIND_TITLES.update({kind.name: kind.title for kind in KINDS.values()})
