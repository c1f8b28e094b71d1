"""The look a person reads in: light, dark, or the system's."""

from accounts.models import User
from cdsc_portal.lib.http.themes import THEMES


def keep_theme(*, user: User, theme: str) -> None:
    """Show pages to `user` so from now on, empty for the system's choice; an unknown one changes nothing."""
    if theme in ("", *THEMES) and theme != user.theme:
        user.theme = theme
        user.save(update_fields=["theme"])
