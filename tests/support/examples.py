"""Examples of Hypothesis that go through the database."""

import os
from collections.abc import Callable
from functools import wraps

from django.db import transaction

_OF_FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def examples(usual: int) -> int:
    """How many a run of the suite tries: enough to find a fault put in; `make fuzz` tries many more."""
    return max(usual, _OF_FUZZ // 10)


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
