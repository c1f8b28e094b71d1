"""One ring of keys: the first seals and makes digests, every one opens and finds."""

import pytest

from cdsc_portal.lib.http.paging import Cursor, CursorError, read_cursor, write_cursor
from cdsc_portal.lib.secrets.sealed import BrokenSealError, digest, digests, is_digest_of, seal, unseal
from cdsc_portal.lib.time.ranges import Span

OLD, NEW = "old key " * 8, "new key " * 8

pytestmark = pytest.mark.spec("X-18")


@pytest.fixture
def turn(settings):
    """Makes a key the first one, with others behind it."""

    def turn(first: str, *others: str) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = first, list(others)

    turn(OLD)
    return turn


def test_what_an_older_key_sealed_is_opened_until_the_key_is_gone(turn):
    sealed = seal("a secret", purpose="test")

    turn(NEW, OLD)
    assert unseal(sealed, purpose="test") == "a secret"

    turn(NEW)
    with pytest.raises(BrokenSealError):
        unseal(sealed, purpose="test")


def test_the_first_key_seals(turn):
    turn(NEW, OLD)
    sealed = seal("a secret", purpose="test")

    turn(NEW)
    assert unseal(sealed, purpose="test") == "a secret"


def test_a_seal_of_another_purpose_is_broken():
    with pytest.raises(BrokenSealError):
        unseal(seal("a secret", purpose="test"), purpose="other")


def test_a_digest_by_any_key_is_found_and_the_first_key_makes_it(turn):
    kept = digest("a code", purpose="test")

    turn(NEW, OLD)
    assert kept in digests("a code", purpose="test")
    assert is_digest_of(kept, "a code", purpose="test")
    assert not is_digest_of(kept, "a coda", purpose="test")
    assert digest("a code", purpose="test") == digests("a code", purpose="test")[0] != kept

    turn(NEW)
    assert not is_digest_of(kept, "a code", purpose="test")


def test_a_cursor_of_an_older_key_goes_on(turn):
    cursor = Cursor(Span(None, None), ["7"])
    written = write_cursor(cursor, purpose="test")

    turn(NEW, OLD)
    assert read_cursor(written, purpose="test") == cursor

    turn(NEW)
    with pytest.raises(CursorError):
        read_cursor(written, purpose="test")
