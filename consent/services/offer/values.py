"""The offer of the request page as frozen values; a decision is validated against the same values."""

from dataclasses import dataclass
from datetime import date

from consent.periods import PartPeriod
from consent.scopes.base import Scope

LONG_LIST = 10  # services; from the next one on a list can be searched (F-125 to F-128)


@dataclass(frozen=True, slots=True)
class Choice:
    """One service contract to tick. `pk` is the database key, `public_id` what the form carries.

    `nothing_for` are titles of this list's cards that have nothing to share here (another commodity); where
    they are all of them, `can_be_shared` is false and there is no tick. `region` is looked up for long lists only.
    """

    pk: int
    public_id: str
    number: str
    commodity: str
    commodity_words: str
    name: str
    address: str
    account_pk: int
    account_number: str
    account_name: str
    region: str
    has_ended: bool
    preselected: bool
    can_be_shared: bool
    nothing_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One list of services, shared by the cards that ask for the same ones.

    `future_offered`: services added later to the accounts listed here may be included; starts unticked.
    """

    key: str
    scopes: tuple[str, ...]
    choices: tuple[Choice, ...]
    future_offered: bool

    @property
    def shareable(self) -> tuple[Choice, ...]:
        """The choices that have a tick."""
        return tuple(choice for choice in self.choices if choice.can_be_shared)


@dataclass(frozen=True, slots=True)
class Card:
    """One requested scope. Sentences are in the reader's language, dates are the utility's local days.

    `first_day` and `last_day` bound what the customer may narrow (None = open, or not to be narrowed on that
    side); for what speaks of the present, only `last_day`. `contracts` are the keys this card can cover.
    `problem` says in words why the card cannot be shared at all, else empty. `locked`: as asked or not at all,
    so it can neither be left out nor shortened; only its services may be chosen (F-67).
    """

    scope: Scope
    type_sent: str
    title: str
    sentence: str
    includes: tuple[tuple[str, str], ...]
    excludes: str
    hint: str
    badge: str
    period: PartPeriod
    period_sentence: str
    access_sentence: str
    exact_period: str
    first_day: date | None
    last_day: date | None
    group: str
    contracts: frozenset[int]
    future_offered: bool
    withheld_note: str
    problem: str
    locked: bool

    @property
    def is_required(self) -> bool:
        """Whether a decision to share must have this card: locked, and there is something to share."""
        return self.locked and not self.problem


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page offers; the digest covers all that matters to the decision.

    `may_decide` is false for a viewer. `delegate`: the user acts for an owner. `asked_by`: the viewer who handed
    the request over, if one did. `no_match`: none of the
    services asked for is this customer's. `digest` names what is shown; a decision carries it back.
    """

    client_name: str
    client_uri: str
    unchecked_uri: str
    is_checked: bool
    terms_uri: str
    policy_uri: str
    purpose: str
    reference: str
    cards: tuple[Card, ...]
    groups: tuple[Group, ...]
    may_decide: bool
    delegate: bool
    asked_by: str
    no_match: bool
    digest: str

    def card(self, scope: str) -> Card | None:
        """The card of a scope id, if it is asked for."""
        return next((card for card in self.cards if card.scope.id == scope), None)

    def group_of(self, card: Card) -> Group:
        """The list that `card` uses."""
        return next(group for group in self.groups if group.key == card.group)
