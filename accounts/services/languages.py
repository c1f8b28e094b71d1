"""The language a person reads: chosen on a page, used in every mail."""

from django.conf import settings

from accounts.models import User


def keep_language(*, user: User, language: str) -> None:
    """Write to `user` in `language` from now on; one that the portal does not speak changes nothing."""
    if language in dict(settings.LANGUAGES) and language != user.language:
        user.language = language
        user.save(update_fields=["language"])
