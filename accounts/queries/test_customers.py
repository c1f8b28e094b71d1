"""Customers that are tests: invented people, for the sandbox."""

from accounts.models import Customer


def has_test_customers() -> bool:
    """Whether there are any, so that a sandbox has somebody to ask. One query."""
    return Customer.objects.filter(is_test=True).exists()
