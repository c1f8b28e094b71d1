"""The queue of what staff decide: what a newer request takes the place of."""

from datetime import datetime

from consent.mail.client_messages import reply
from consent.models import MessageStatus, Review, ReviewKind, ReviewStatus


def withdraw(review: Review, *, at: datetime) -> None:
    """Take out of the queue what a newer request replaces; a reply rejects its message and says why (R-110).

    A submission is replaced alone: the request that it answers waits on (R-134).
    """
    review.status, review.decided = ReviewStatus.WITHDRAWN, at
    review.save(update_fields=["status", "decided"])
    if review.message is not None and review.kind != ReviewKind.SUBMISSION:
        text = "A newer request took its place."
        reply(message=review.message, status=MessageStatus.REJECTED, text=text, by=None, at=at)
