"""What the data hub does when the hierarchy changes."""

from collections.abc import Collection
from datetime import datetime

from django.dispatch import receiver

from accounts.services.link_changes import Changed
from accounts.signals import links_changed
from datahub.mix.recomputing.marks import mark_changed_links


@receiver(links_changed, dispatch_uid="mark_days_of_changed_links")
def mark_days_of_changed_links(*, changes: Collection[Changed], at: datetime, **_news: object) -> None:
    """In the transaction of the changes: a worker that waits for these days sees the changed links."""
    mark_changed_links(changes, at=at)
