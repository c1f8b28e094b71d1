from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DatahubConfig(AppConfig):
    name = "datahub"
    verbose_name = _("Data")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datahub import (  # noqa: F401 - connects waiting runs to a worker, and the mix to the hierarchy
            receivers,
            tasks,
        )
        from datahub.feeds.formats.registry import formats
        from datahub.feeds.loading import kinds  # noqa: F401 - what staff call each kind of feed

        formats()  # raises for a format of a kind that nobody loads: no process starts with it
