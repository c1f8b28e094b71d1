from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consent import tasks  # noqa: F401 - connects the outbox to a worker
        from consent.oauth import receivers  # noqa: F401 - connects them
