"""A POST that prints nothing makes no sentence: only what is printed, stored or mailed is put in words."""

import pytest
from django.utils import translation

from consent.models import Grant, Receipt
from consent.scopes.catalogue import SCOPES
from consent.services.offer import build_offer
from tests.factories.consent import ask

pytestmark = pytest.mark.django_db
DETAILS = [
    {"type": name, "start": "-1y", "end": "+1y", "services": "all"} for name in ("usage_data", "bill_data")
]
PERIOD = "%(records)s from %(first)s, and new ones until %(last)s (%(zone)s)."


@pytest.fixture
def texts(monkeypatch):
    """The texts that are looked up in a catalogue, in their order."""
    texts = []

    def recorded(look_up):
        def record(*arguments):
            texts.append(arguments)
            return look_up(*arguments)

        return record

    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        monkeypatch.setattr(translation._trans, name, recorded(getattr(translation._trans, name)))
    return texts


def sentences_of(scope):
    """What a page says of a kind of data, as the catalogue has it."""
    with translation.override("en"):
        return {str(words) for words in (scope.title, scope.sentence, scope.excludes, scope.hint) if words}


@pytest.mark.parametrize("button", [("decision", "deny"), ("action", "reset")])
def test_a_post_that_only_redirects_looks_up_no_text(home, browser, opened, texts, button):
    form = opened(browser, ask(*DETAILS, user=home.owner))
    of_the_page = {arguments[0] for arguments in texts}
    assert {PERIOD, *sentences_of(SCOPES["usage_data"])} <= of_the_page
    texts.clear()

    response = form.press(*button)

    assert response.status_code == 303
    assert texts == []


def test_an_approval_puts_in_words_once_what_its_receipt_stores(home, browser, opened, texts):
    form = opened(browser, ask(*DETAILS, user=home.owner))
    form.untick("share-bill_data")
    texts.clear()

    form.press("decision", "approve")

    looked_up = [arguments[0] for arguments in texts]
    left_out = sentences_of(SCOPES["bill_data"]) - {str(SCOPES["bill_data"].title)}
    assert looked_up.count(PERIOD) == 1
    assert left_out.isdisjoint(looked_up)
    assert Receipt.objects.get().facts["left_out"][0]["scope"] == "bill_data"


def test_an_offer_is_built_without_a_text_once_its_scopes_have_a_digest(home, texts):
    request = ask(*DETAILS, user=home.owner)
    build_offer(request, home.owner, request.created)
    texts.clear()

    build_offer(request, home.owner, request.created)

    assert (texts, Grant.objects.count()) == ([], 0)
