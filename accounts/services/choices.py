"""What a person chose about pages and mail: name, language, theme, the yearly summary."""

from django.conf import settings

from accounts.models import User
from cdsc_portal.lib.http.themes import THEMES


def keep_choices(*, user: User, name: str, language: str, theme: str, yearly_summary: bool) -> None:
    """Store what the person chose; the values come checked from a form."""
    user.name, user.language, user.theme, user.yearly_summary = name, language, theme, yearly_summary
    user.save(update_fields=["name", "language", "theme", "yearly_summary"])


def keep_language(*, user: User, language: str) -> None:
    """Write to `user` in `language` from now on; one that the portal does not speak changes nothing."""
    if language in dict(settings.LANGUAGES) and language != user.language:
        user.language = language
        user.save(update_fields=["language"])


def keep_theme(*, user: User, theme: str) -> None:
    """Show pages to `user` so from now on, empty for the system's choice; an unknown one changes nothing."""
    if theme in ("", *THEMES) and theme != user.theme:
        user.theme = theme
        user.save(update_fields=["theme"])
