from django.apps import AppConfig


class DatahubConfig(AppConfig):
    name = "datahub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datahub import (  # noqa: F401 - connects waiting runs to a worker, and the mix to the hierarchy
            receivers,
            tasks,
        )
