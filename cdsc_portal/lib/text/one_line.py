"""A name stands on one line, of signs that can be seen.

A line break forges a line of a mail or a list; a mark of direction, or a sign without width, makes one name look like
another.
"""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# control, format (marks of direction, signs without width), private use, halves of a pair, line and paragraph ends
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def is_one_line(text: str) -> bool:
    """Whether `text` has no line break, no control character and no sign that cannot be seen."""
    # what is printable has none of them, and is told at once
    return text.isprintable() or not any(unicodedata.category(sign) in _UNSEEN for sign in text)


def validate_one_line(text: str) -> None:
    """For forms and models. Raises ValidationError in words for people."""
    if not is_one_line(text):
        raise ValidationError(
            _("This has a line break or a sign that cannot be seen. Type it anew."), code="not_one_line"
        )
