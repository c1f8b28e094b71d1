"""A viewer asks the owners to decide: the request stays the viewer's, who takes the answer back (P-15)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.queries.roles import shareable_contracts
from consent.mail.personal import mail_waiting_request
from consent.models import ConsentRequest
from consent.services.access_requests import DECISION_PERIOD
from consent.services.decision import MayNotDecide
from consent.services.request_lock import lock_request


@transaction.atomic
def hand_over(*, request: ConsentRequest, by: User, at: datetime) -> bool:
    """Let the owners of what `by` sees decide `request`, within a day from now; each gets one mail.

    Returns whether this was the first time; a second time changes nothing. Raises a DecisionRefused: the request
    is over or another's, or `by` may decide it without help.
    """
    locked = lock_request(request, by, at)
    if locked.user_id != by.pk or shareable_contracts(user=by, at=at).exists():
        raise MayNotDecide
    if locked.handed_over is not None:
        return False
    locked.handed_over = at
    locked.expires = max(locked.expires, at + DECISION_PERIOD)
    locked.save(update_fields=["handed_over", "expires"])
    mail_waiting_request(request=locked, viewer=by, at=at)
    return True
