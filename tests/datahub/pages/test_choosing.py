"""Whose customers have many services find one by a search, and pages about one stay light (P-10)."""

import csv
import gzip
import io
from datetime import date

import pytest
from django.test import Client as Browser
from lxml import html

from accounts.queries.choices import MOST_LISTED
from datahub.models import Download, DownloadStatus
from tests.factories.accounts import household
from tests.factories.chain import chain
from tests.factories.datahub import bill
from tests.factories.feeds import load_days

LIGHT = 20_000  # bytes compressed


@pytest.fixture
def shops(db):
    return chain(stores=MOST_LISTED + 2)


@pytest.fixture
def owner(shops) -> Browser:
    owner = Browser()
    owner.force_login(shops.owner)
    return owner


def page(owner, url, **query):
    answer = owner.get(url, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def words(tree):
    return " ".join(tree.xpath("//main")[0].text_content().split())


@pytest.mark.spec("P-10")
@pytest.mark.parametrize(("count", "is_searched"), [(MOST_LISTED, False), (MOST_LISTED + 1, True)])
@pytest.mark.parametrize("url", ["/my/usage/", "/my/mix/"])
def test_ten_are_listed_and_eleven_are_searched(db, url, count, is_searched):
    owner = Browser()
    owner.force_login(chain(stores=count).owner)

    tree = page(owner, url)

    assert len(tree.xpath("//select[@name='contract']/option")) == (0 if is_searched else count)
    assert bool(tree.xpath("//input[@name='find']")) == is_searched
    assert (f"{count} services" in words(tree)) == is_searched


@pytest.mark.parametrize("find", ["store-7", "STORE-7", "7 market", "Shop 7"])
def test_what_only_one_holds_is_shown(owner, shops, find):
    load_days(shops.meters[6], date(2026, 3, 1), 2, scale=0)

    tree = page(owner, "/my/usage/", find=find)

    assert "Electricity, STORE-7, 7 Market Street" in words(tree)
    assert all(
        f"contract={shops.contracts[6].public_id}" in link
        for link in tree.xpath("//main//a/@href")
        if "period=" in link
    )


def test_a_whole_number_beats_longer_ones_that_begin_like_it(owner, shops):
    assert "STORE-1, 1 Market Street" in words(page(owner, "/my/usage/", find="store-1"))


def test_several_are_listed_and_none_is_said(owner, shops):
    tree = page(owner, "/my/mix/", find="market", contract=shops.contracts[3].public_id, series="grid")

    links = tree.xpath("//ul[@class='service-chooser__found']//a/@href")
    assert len(links) == MOST_LISTED
    assert words(tree).index("STORE-9,") < words(tree).index("STORE-10,")
    assert all("series=grid" in link for link in links)
    assert f"{MOST_LISTED + 2} results for “market”" in words(tree)
    assert f"Here are the first {MOST_LISTED}." in words(tree)
    assert "STORE-4, 4 Market Street" in words(tree)  # the one that was shown stays
    assert "0 results for “mars”" in words(page(owner, "/my/mix/", find="mars"))


def test_nobody_elses_is_found(owner):
    other = household()

    tree = page(owner, "/my/usage/", find=other.contract.contract_number)

    assert "0 results" in words(tree)
    assert owner.get("/my/usage/", {"contract": other.contract.public_id}).status_code == 404


def test_bills_of_one_account_of_many_are_searched(owner, shops):
    for contract in shops.contracts:
        bill(contract)

    tree = page(owner, "/my/bills/", find="shop 7")

    assert not tree.xpath("//select[@name='account']")
    assert tree.xpath("//td[@data-label='Account']//bdi/text()") == ["CHAIN-7"]
    every = page(owner, "/my/bills/", find="market street")
    assert every.xpath("//nav[@class='pager']//a/@href") == ["?page=2&find=market+street"]


@pytest.mark.parametrize("names", ["store-3\n\n Shop 4 \n", "CHAIN-3\r\nSTORE-4"])
def test_a_file_of_some_of_many(owner, shops, names):
    for meter in shops.meters[:5]:
        load_days(meter, date(2026, 3, 1), 1, scale=0)

    answer = owner.post("/my/downloads/", form(names=names))

    rows = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().rpartition("# ")[0]))
    assert {row["contract_number"] for row in rows} == {"STORE-3", "STORE-4"}


def test_no_name_is_all_of_them_and_an_unknown_one_an_error(owner, shops):
    for meter in shops.meters:
        load_days(meter, date(2026, 3, 1), 1, scale=0)
    other = household().contract.contract_number

    every = b"".join(owner.post("/my/downloads/", form(names=" ")).streaming_content).decode()
    wrong = owner.post("/my/downloads/", form(names=f"STORE-1\n{other}"))

    assert every.count("2026-03-01T00:00:00-08:00") == len(shops.contracts)
    text = words(html.fromstring(wrong.content.decode()))
    assert f"None of your services has this number or name: {other}." in text


def form(**other):
    return {"what": "usage", "form": "csv", "start": "2026-03-01", "end": "2026-03-01", **other}


def test_a_file_of_very_many_says_how_many(db, django_assert_max_num_queries):
    shops = chain(stores=2_000)
    file = Download.objects.create(
        user=shops.owner, form="csv", start=date(2026, 1, 1), end=date(2026, 2, 1), total=1,
        status=DownloadStatus.RUNNING,
    )  # fmt: skip
    file.contracts.set(shops.contracts)
    owner = Browser()
    owner.force_login(shops.owner)

    with django_assert_max_num_queries(10):
        answer = owner.get("/my/downloads/")

    assert "Services: 2,000" in words(html.fromstring(answer.content.decode()))
    assert len(gzip.compress(answer.content)) < LIGHT
