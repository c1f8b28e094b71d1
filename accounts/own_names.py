"""Names that customers give to what they have. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from cdsc_portal.lib.text.one_line import is_one_line

LONGEST = 150


class Kind(StrEnum):
    """What can have a name of the customer's own; the values are those of files and addresses."""

    ACCOUNT = "account"
    CONTRACT = "contract"
    METER = "meter"


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with its printed number and the name it has, "" = none. Keys are database keys."""

    kind: Kind
    key: int
    public_id: str
    customer: int
    number: str
    name: str


def cleaned_name(text: str) -> str:
    """The name without spaces around it or twice; "" takes a name away. Raises ValueError with words for people."""
    if not is_one_line(text.strip()):
        raise ValueError(_("The name has a line break or signs that cannot be shown."))
    name = " ".join(text.split())
    if len(name) > LONGEST:
        raise ValueError(_("The name is longer than %(longest)s characters.") % {"longest": LONGEST})
    return name
