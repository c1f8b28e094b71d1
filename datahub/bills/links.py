"""Bills that correct bills: what a bill replaces, and what has replaced it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from cdsc_portal.lib.text.money import money_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from datahub.answers.coverage import Coverage
from datahub.bills.statements import own_bill_statements, readable_statement
from datahub.models import BillStatement


@dataclass(frozen=True, slots=True)
class BillLink:
    """Another bill, as a link says it; `amount` is empty where its total is withheld."""

    public_id: str
    number: str
    dated: str
    amount: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """Of one bill: the one that it corrects, and those that correct it, newest first."""

    replaces: BillLink | None = None
    replaced_by: tuple[BillLink, ...] = ()


def corrections(statements: Collection[BillStatement], covered: Coverage) -> dict[int, Corrections]:
    """By key of the `statements`; bills that `covered` does not open are not named. Three queries at most."""
    keys = {statement.pk for statement in statements}
    replaced = {statement.replaces_id for statement in statements if statement.replaces_id}
    others = own_bill_statements(covered).filter(Q(pk__in=replaced) | Q(replaces__in=keys))
    links = {}
    newer: dict[int, list[BillLink]] = defaultdict(list)
    for other in others.order_by("-statement_date", "public_id"):
        links[other.pk] = _link(other, covered)
        if other.replaces_id in keys:
            newer[other.replaces_id].append(links[other.pk])
    return {
        statement.pk: Corrections(links.get(statement.replaces_id or 0), tuple(newer[statement.pk]))
        for statement in statements
    }


def _link(statement: BillStatement, covered: Coverage) -> BillLink:
    whole = readable_statement(statement, covered).whole
    return BillLink(
        public_id=statement.public_id,
        number=statement.statement_number,
        dated=day_in_words(statement.statement_date),
        amount=money_in_words(statement.total, statement.currency) if whole else "",
    )
