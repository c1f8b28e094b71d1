"""A chain with 2,000 stores: bills and mix stay light, and ask no more of the database."""

import gzip
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from datahub.models import BillSection, BillStatement
from tests.factories.accounts import household
from tests.factories.chain import chain
from tests.factories.datahub import bill

LIGHT = 100_000  # bytes compressed, of the 200 KB that a page may weigh with all that it loads


def a_home() -> Browser:
    made = household()
    bill(made.contract)
    return logged_in(made.owner)


def a_chain() -> Browser:
    """Each store with a bill of its own."""
    made = chain(stores=2000)
    day = {"start": date(2026, 2, 1), "end": date(2026, 3, 1)}
    statements = BillStatement.objects.bulk_create(
        BillStatement(
            account=account,
            statement_number=f"B-{account.account_number}",
            statement_date=date(2026, 3, 3),
            total=Decimal("65.52"),
            **day,
        )
        for account in made.accounts
    )
    BillSection.objects.bulk_create(
        BillSection(
            statement=statement,
            contract=contract,
            position=1,
            commodity="electricity",
            amount=Decimal("65.52"),
            **day,
        )
        for statement, contract in zip(statements, made.contracts, strict=True)
    )
    return logged_in(made.owner)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("url", ["/my/bills/", "/my/mix/"])
def test_two_thousand_stores_weigh_little_and_cost_no_more_queries(db, url):
    def cost_of(browser: Browser) -> tuple[int, int]:
        browser.get(url)  # the session's first use
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(url)
        assert answer.status_code == 200
        return len(queries), len(gzip.compress(answer.content))

    few, _weight = cost_of(a_home())

    many, weight = cost_of(a_chain())

    assert many == few
    assert weight < LIGHT
