import pytest

from cdsc_portal.lib.json.reader import read_json


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 200_000, "too deep"),
        ('{"a":' * 200_000, "too deep"),
        ("[" + "9" * 100_000 + "]", "digits"),
        ('{"a": NaN}', "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ('["\\u0000"]', "a character 0"),
        ('["\\ud800"]', "half of a pair"),
        ("[1,]", "Expecting value|Illegal trailing comma"),
        (b"\xff\xfe\xff", "."),
        ("", "Expecting value"),
    ],
)
def test_what_cannot_be_read_or_stored_is_a_value_error_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        read_json(text)


def test_what_can_is_read():
    assert read_json(b'{"a": [1, 2.5, null, "\xc3\xa9"]}') == {"a": [1, 2.5, None, "é"]}
