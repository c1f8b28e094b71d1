"""Refuse a request that reaches beyond what staff allow of a scope, for everybody or for this client."""

from datetime import datetime, timedelta

from consent.models import Client
from consent.periods import requested_period
from consent.queries.scope_settings import limits_of
from consent.requests import AccessRequest
from consent.requests.values import InvalidDetails
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES

_TODAY = timedelta(days=1)  # limits count whole days: the day of the request is inside


def require_within_limits(access: AccessRequest, *, client: Client, at: datetime) -> None:
    """Raises InvalidDetails naming type and field. One query."""
    limits = limits_of(client=client)
    for part in access.parts:
        days_back, days_ahead = limits.get(part.scope, (None, None))
        period = requested_period(part, at=at)
        start, ends = period.window.start, period.access_ends
        if days_back is not None and SCOPES[part.scope].period is Period.DATA:
            if start is None or start < at - timedelta(days=days_back) - _TODAY:
                raise InvalidDetails(f"{part.type_sent}.start", f"at most {days_back} days back here")
        if days_ahead is not None and period.lasting and ends is not None:
            if ends > at + timedelta(days=days_ahead) + _TODAY:
                raise InvalidDetails(f"{part.type_sent}.end", f"at most {days_ahead} days ahead here")
