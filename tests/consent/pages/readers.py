"""Who looks at sharing pages, and what a company has read."""

from datetime import timedelta

from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import Disclosure


def logged_in(user):
    browser = Browser()
    browser.force_login(user)
    return browser


def read(grant, contract, *, at=None, values=96, data=(None, None)):
    """One release of readings of one contract; `data` is from its first to its last value."""
    at = at or clock.now()
    return Disclosure.objects.create(
        grant=grant,
        scope="usage_data",
        resource="usage_data",
        start=at - timedelta(days=1),
        end=at,
        data_start=data[0],
        data_end=data[1],
        value_count=values,
        released_at=at,
        address="198.51.100.7",
        contracts=[contract.pk],
    )
