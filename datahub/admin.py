"""The data hub for staff: feeds and what they brought. Importing a module registers its pages."""

import datahub.bills.admin
import datahub.resources.admin  # noqa: F401
from datahub.feeds.admin import (  # noqa: F401
    feed_runs,
    feeds,
    loaded_data,
    sources,
    staff_tokens,
)
