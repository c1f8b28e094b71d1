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
        limit = limits.get(part.scope)
        if limit is None:
            continue
        period = requested_period(part, at=at)
        start = period.window.start
        if limit.days_back is not None and SCOPES[part.scope].period is Period.DATA:
            if start is None or start < at - timedelta(days=limit.days_back) - _TODAY:
                raise InvalidDetails(f"{part.type_sent}.start", f"at most {limit.days_back} days back here")
        if limit.days_ahead is not None and period.lasting and period.access_ends is not None:
            if period.access_ends > at + timedelta(days=limit.days_ahead) + _TODAY:
                raise InvalidDetails(f"{part.type_sent}.end", f"at most {limit.days_ahead} days ahead here")
