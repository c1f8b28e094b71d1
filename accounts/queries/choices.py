"""The service contracts a user may choose from, on pages about one or some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Commodity, User
from accounts.queries.roles import visible_contracts
from accounts.queries.tree_entries import by_number
from cdsc_portal.lib.db.compiled_query import compiled_query

MOST_LISTED = 10  # are listed whole; more are searched
_COLUMNS = (
    "pk", "public_id", "contract_number", "commodity", "name", "address", "billing_account__account_number",
    "billing_account__name", "end",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContractChoice:
    """One contract; `key` is its database key, `public_id` what addresses say, `commodity` in words.

    `account` and `account_name` are of the billing account that it is under.
    """

    key: int
    public_id: str
    number: str
    commodity: str
    name: str
    address: str
    account: str
    account_name: str
    has_ended: bool
    is_electric: bool

    @property
    def label(self) -> str:
        """`Electricity, 4711, Cabin`, with a word where it has ended."""
        named = ", ".join(filter(None, (capfirst(self.commodity), self.number, self.name or self.address)))
        return _("%(service)s (ended)") % {"service": named} if self.has_ended else named

    def matches(self, words: Sequence[str]) -> bool:
        """Whether each of the case-folded `words` stands in what people call it."""
        fields = (self.commodity, self.number, self.name, self.address, self.account, self.account_name)
        text = " ".join(fields).casefold()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Chooser:
    """How one service is chosen: from a list of all or, of more than FEW, by a search.

    `chosen` is None where there is none at all. `shown` are those that can be chosen now; `match_count` of `total` hold
    what was searched.
    """

    chosen: ContractChoice | None
    shown: tuple[ContractChoice, ...]
    search: str
    match_count: int
    total: int

    @property
    def has_search(self) -> bool:
        return self.total > MOST_LISTED


def contract_choices(*, user: User, at: datetime) -> tuple[ContractChoice, ...]:
    """What `user` may see at `at`, current ones first, by number. One query."""
    today = timezone.localdate(at)
    kinds = {commodity: str(label) for commodity, label in Commodity.choices}
    rows = _visible_rows(user=user, at=at)
    choices = [
        ContractChoice(
            key, public_id, number, kinds[kind], name, address, account, account_name,
            end is not None and end <= today, kind == Commodity.ELECTRICITY,
        )
        for key, public_id, number, kind, name, address, account, account_name, end in rows
    ]  # fmt: skip
    return tuple(sorted(choices, key=lambda choice: (choice.has_ended, by_number(choice.number))))


@compiled_query
def _visible_rows(*, user: User, at: datetime) -> QuerySet[Any, Any]:
    return visible_contracts(user=user, at=at).order_by().values_list(*_COLUMNS)


def chooser(choices: tuple[ContractChoice, ...], *, public_id: str, search: str) -> Chooser:
    """What is found by `search`, if it is only one; else the one with `public_id`, "" = the first.

    Raises LookupError: somebody else's and no contract look the same.
    """
    words = search.casefold().split()
    matches = [choice for choice in choices if choice.matches(words)] if words else []
    numbered = [choice for choice in matches if [choice.number.casefold()] == words]
    matches = numbered or matches
    named = (choice for choice in choices if public_id in ("", choice.public_id))
    chosen = matches[0] if len(matches) == 1 else next(named, None)
    if chosen is None and public_id:
        raise LookupError(public_id)
    is_short = len(choices) <= MOST_LISTED
    return Chooser(
        chosen=chosen,
        shown=choices if is_short else tuple(matches[:MOST_LISTED]),
        search=search.strip(),
        match_count=len(matches),
        total=len(choices),
    )
