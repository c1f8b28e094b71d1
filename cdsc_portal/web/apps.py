from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages that join the apps, and the project's own deployment checks."""

    name = "cdsc_portal.web"
    label = "web"

    def ready(self) -> None:
        from cdsc_portal import checks  # noqa: F401 - importing registers them
