"""Examples of Hypothesis that go through the database."""

from collections.abc import Callable
from functools import wraps

from django.db import transaction


def rolled_back(test: Callable[..., None]) -> Callable[..., None]:
    """Each example finds the tables as the first did: what it writes is taken back, whether it passes or fails.

    Else all examples lie in the one transaction of their test, and each reads past the rows of those before it.
    """

    @wraps(test)
    def example(*arguments: object, **drawn: object) -> None:
        with transaction.atomic():
            test(*arguments, **drawn)
            transaction.set_rollback(True)

    return example
