"""The queue of what staff decide: what leaves it without a decision."""

from datetime import datetime

from consent.mail.client_messages import reply
from consent.models import Grant, MessageStatus, Review, ReviewKind, ReviewStatus


def withdraw(review: Review, *, at: datetime, why: str = "A newer request took its place.") -> None:
    """Take out of the queue what needs no decision any more; a reply rejects its message and says why (R-110).

    A submission is replaced alone: the request that it answers waits on (R-134).
    """
    review.status, review.decided = ReviewStatus.WITHDRAWN, at
    review.save(update_fields=["status", "decided"])
    if review.message is not None and review.kind != ReviewKind.SUBMISSION:
        reply(message=review.message, status=MessageStatus.REJECTED, text=why, by=None, at=at)


def withdraw_wish(grant: Grant, *, at: datetime, why: str) -> None:
    """The same of what a third party wanted of a locked grant, where staff have not decided yet."""
    waiting = Review.objects.filter(grant=grant, status=ReviewStatus.WAITING).select_related("message")
    for review in waiting.order_by("pk"):
        withdraw(review, at=at, why=why)
