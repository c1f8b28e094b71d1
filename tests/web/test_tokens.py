"""The colors: as agreed, readable on both grounds, and the same wherever dark is said."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
BLOCKS = re.findall(r"(:root[^{]*)\{([^}]*)\}", (CSS / "tokens.css").read_text())
COLORS = [dict(re.findall(r"--color-([\w-]+): (#[0-9A-F]{6});", body)) for _, body in BLOCKS]
LIGHT, DARK, SYSTEM_DARK = COLORS

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


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_dark_by_system_and_dark_by_choice_are_the_same():
    assert DARK == SYSTEM_DARK
    assert LIGHT.keys() == DARK.keys()


@pytest.mark.parametrize("token", LEAST)
@pytest.mark.parametrize(("colors", "which"), [(LIGHT, 0), (DARK, 1)], ids=["light", "dark"])
def test_a_color_can_be_read_on_both_grounds(token, colors, which):
    worst = min(contrast(colors[token], colors[ground]) for ground in ("bg", "surface"))

    assert round(worst, 1) >= LEAST[token][which]


@pytest.mark.parametrize("name", ["base.css", "components.css"])
def test_only_the_tokens_name_a_color_and_every_token_used_exists(name):
    text = (CSS / name).read_text()
    defined = set(re.findall(r"(--[\w-]+):", (CSS / "tokens.css").read_text()))

    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", text)
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= defined
    assert not re.findall(
        r"[^-](?:margin|padding|border)-(?:left|right|top|bottom)|[\s;](?:left|right):", text
    )
