"""Members of authorization details: each format takes what the specification says and refuses the rest in words."""

from decimal import Decimal

import pytest

from consent.scopes.fields import Choice, DetailsField, DetailsFormat, as_metadata, check_value, narrowed

PLANS = (Choice("day", "By day", "Sums of days"), Choice("hour", "By hour", "Sums of hours"))
KEY = {"kty": "EC", "use": "enc", "crv": "P-256", "x": "x", "y": "y"}
LIMITS = {
    DetailsFormat.INT: (1, 10),
    DetailsFormat.DECIMAL: ("0.5", "infinite"),
    DetailsFormat.STRING: (1, 5),
    DetailsFormat.STRING_OR_NULL: (1, 5),
    DetailsFormat.STRING_LIST: (1, 8),
    DetailsFormat.STRING_LIST_OR_NULL: (1, 8),
    DetailsFormat.DATE: ("P0D", "P3Y"),
    DetailsFormat.DATETIME: ("P0S", "infinite"),
}


def field(form: DetailsFormat, **values) -> DetailsField:
    minimum, maximum = LIMITS.get(form, (None, None))
    choices = PLANS if form.bare in ("choice", "choice_list") else ()
    return DetailsField(
        "member", "Member", "What it is.", form,
        **{"minimum": minimum, "maximum": maximum, "choices": choices, **values},
    )  # fmt: skip


GOOD = {
    DetailsFormat.INT: [1, 10],
    DetailsFormat.DECIMAL: [Decimal("0.5"), 7, Decimal("1e30")],
    DetailsFormat.STRING: ["a", "abcde"],
    DetailsFormat.STRING_OR_NULL: ["a", None],
    DetailsFormat.STRING_LIST: [["abc", "de"], ("a",)],
    DetailsFormat.BOOLEAN: [True, False],
    DetailsFormat.DATE: ["P1Y", "P1Y2M3D", "2026-03-01", "infinite"],
    DetailsFormat.DATETIME: ["P30DT2H", "2026-03-01T08:00:00Z", "infinite"],
    DetailsFormat.CHOICE: ["day"],
    DetailsFormat.KEY_OR_NULL: [KEY, None],
    DetailsFormat.STRING_LIST_OR_NULL: [["a"], None],
    DetailsFormat.CHOICE_OR_NULL: ["hour", None],
    DetailsFormat.CHOICE_LIST: [["day", "hour"]],
    DetailsFormat.CHOICE_LIST_OR_NULL: [["day"], None],
}
BAD = {
    DetailsFormat.INT: [0, 11, True, 1.0, "1", None],
    DetailsFormat.DECIMAL: [Decimal("0.4"), 0.5, "1", Decimal("NaN"), True],
    DetailsFormat.STRING: ["", "abcdef", 1, None],
    DetailsFormat.STRING_OR_NULL: ["", 1],
    DetailsFormat.STRING_LIST: [["abcde", "fghi"], [], "abc", [1], None],
    DetailsFormat.BOOLEAN: [0, "true", None],
    DetailsFormat.DATE: ["P1YT1H", "P", "2026-02-30", "2026-03-01T08:00:00Z", 3, "tomorrow"],
    DetailsFormat.DATETIME: ["PT", "2026-03-01T08:00:00", "2026-03-01T25:00:00Z", None],
    DetailsFormat.CHOICE: ["week", None, ["day"]],
    DetailsFormat.KEY_OR_NULL: [{**KEY, "use": "sig"}, {**KEY, "d": "secret"}, {"use": "enc"}, "key"],
    DetailsFormat.STRING_LIST_OR_NULL: [[]],
    DetailsFormat.CHOICE_OR_NULL: ["week"],
    DetailsFormat.CHOICE_LIST: [[], ["week"], "day"],
    DetailsFormat.CHOICE_LIST_OR_NULL: [[], ["day", "week"]],
}


@pytest.mark.spec("R-02", "R-03", "R-51", "R-57", "R-58")
@pytest.mark.parametrize("form", DetailsFormat, ids=lambda form: form.value)
def test_a_format_takes_its_values_and_refuses_others_in_words(form):
    for value in GOOD[form]:
        check_value(field(form), value)
    for value in BAD[form]:
        with pytest.raises(ValueError, match="must"):
            check_value(field(form), value)


@pytest.mark.spec("R-53", "R-54", "R-55", "R-56")
@pytest.mark.parametrize("form", DetailsFormat, ids=lambda form: form.value)
def test_the_document_has_limits_choices_and_defaults_where_the_format_asks_for_them(form):
    optional = as_metadata(field(form), documentation="https://x.example/", for_types=["usage_data"])
    required = as_metadata(field(form, is_required=True), documentation="", for_types=["usage_data"])

    assert optional["format"] == form.value
    assert ("maximum" in optional, "minimum" in optional) == (form in LIMITS, form in LIMITS)
    assert [choice["id"] for choice in optional.get("choices", ())] == (
        ["day", "hour"] if form.bare in ("choice", "choice_list") else []
    )
    assert ("default" in optional, "default" in required) == (True, False)


@pytest.mark.parametrize(
    ("form", "limits", "words"),
    [
        (DetailsFormat.INT, {"maximum": 11}, "beyond"),
        (DetailsFormat.INT, {"minimum": 0}, "beyond"),
        (DetailsFormat.INT, {"maximum": "many"}, "beyond"),
        (DetailsFormat.DATE, {"maximum": "P4Y"}, "beyond"),
        (DetailsFormat.BOOLEAN, {"maximum": 1}, "no limits"),
        (DetailsFormat.CHOICE, {"choices": ["week"]}, "some of day, hour"),
        (DetailsFormat.STRING, {"default": "abcdef"}, "at most"),
        (DetailsFormat.STRING, {"format": "int"}, "no format"),
    ],
)
def test_staff_only_ever_tighten_a_field(form, limits, words):
    with pytest.raises(ValueError, match=words):
        narrowed(field(form), limits)


def test_what_staff_tightened_holds_values_and_stands_in_the_document():
    tight = narrowed(field(DetailsFormat.INT), {"maximum": 3, "default": 2})
    chosen = narrowed(field(DetailsFormat.CHOICE), {"choices": ["hour"]})

    assert (
        as_metadata(tight, documentation="", for_types=[]).items()
        >= {"maximum": 3, "minimum": 1, "default": 2}.items()
    )
    with pytest.raises(ValueError, match="at most 3"):
        check_value(tight, 4)
    with pytest.raises(ValueError, match="one of hour"):
        check_value(chosen, "day")
    with pytest.raises(ValueError, match="required"):
        narrowed(field(DetailsFormat.INT, is_required=True), {"default": 2})


def test_a_field_without_its_limits_or_choices_is_not_declared():
    for values in (
        {"format": DetailsFormat.INT},
        {"format": DetailsFormat.BOOLEAN, "maximum": 1},
        {"format": DetailsFormat.CHOICE},
    ):
        with pytest.raises(ValueError, match="member"):
            DetailsField("member", "", "", **values)
