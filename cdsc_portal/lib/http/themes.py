"""Light, dark, or as the reader's system has it."""

from collections.abc import Mapping

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def chosen_theme(cookies: Mapping[str, str]) -> str:
    """What was chosen in this browser; empty for the system's choice."""
    theme = cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""
