"""The colors: as agreed, readable on both grounds, and named in one file."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text()
PAIRS = re.findall(r"--color-([\w-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\);", TOKENS)
LIGHT, DARK = ({name: pair[which] for name, *pair in PAIRS} for which in (0, 1))
OF_CUSTOMERS = sorted(path.name for path in CSS.glob("*.css") if path.name not in ("tokens.css", "staff.css"))

# least contrast on bg and on surface, per ground
LEAST = {
    "ink": (15.2, 14.1),
    "muted": (6.8, 8.6),
    "line": (3.8, 4.6),
    "action": (8.2, 8.2),
    "focus": (5.2, 9.0),
    "ok": (5.9, 7.9),
    "warn": (5.9, 7.9),
    "danger": (5.9, 7.9),
    **{f"series-{n}": (4.5, 6.9) for n in range(1, 7)},
}

CHARTS = ("used", "sent", "net", "estimate")


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(color: str, other_color: str) -> float:
    darker, lighter = sorted((luminance(color), luminance(other_color)))
    return (lighter + 0.05) / (darker + 0.05)


def test_each_color_is_said_once_for_light_and_dark():
    assert len(PAIRS) == len(LIGHT) == TOKENS.count("--color-")
    assert set(LEAST) <= set(LIGHT)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_theme_of_choice_sets_the_scheme(scheme):
    assert re.search(rf':root\[data-theme="{scheme}"\] \{{\s*color-scheme: {scheme};\s*\}}', TOKENS)


@pytest.mark.parametrize("token", LEAST)
@pytest.mark.parametrize(("colors", "which"), [(LIGHT, 0), (DARK, 1)], ids=["light", "dark"])
def test_a_color_can_be_read_on_both_grounds(token, colors, which):
    worst = min(contrast(colors[token], colors[ground]) for ground in ("bg", "surface"))

    assert round(worst, 1) >= LEAST[token][which]


@pytest.mark.parametrize("name", OF_CUSTOMERS)
def test_only_the_tokens_name_a_color_and_every_token_used_exists(name):
    text = (CSS / name).read_text()
    defined = set(re.findall(r"(--[\w-]+):", TOKENS + text))

    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", text)
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= defined
    assert not re.findall(
        r"[^-](?:margin|padding|border)-(?:left|right|top|bottom)|[\s;](?:left|right):", text
    )


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_the_four_colors_of_charts_mean_one_thing_each(colors):
    for name in CHARTS:
        assert [other for other, color in colors.items() if color == colors[name]] == [name]
        assert contrast(colors[name], colors["panel"]) >= 3


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ground", "inks"),
    [
        ("ground", ("ink", "muted", "action")),
        ("panel", ("ink", "muted", "action", "danger")),
        ("well", ("ink", "muted", "action")),
        ("soft", ("ink", "muted", "action")),
        ("soft-ok", ("ink", "muted", "action", "ok")),
        ("soft-warn", ("ink", "muted", "action", "warn")),
        ("soft-danger", ("ink", "muted", "action", "danger")),
        ("electricity-soft", ("electricity",)),
        ("gas-soft", ("gas",)),
        ("water-soft", ("water",)),
    ],
)
def test_words_can_be_read_on_each_filled_surface(colors, ground, inks):
    assert {ink: contrast(colors[ink], colors[ground]) >= 4.5 for ink in inks} == dict.fromkeys(inks, True)
