from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WebConfig(AppConfig):
    """Pages that join the apps, and the project's own deployment checks."""

    name = "cdsc_portal.web"
    label = "web"

    def ready(self) -> None:
        from cdsc_portal import checks  # noqa: F401 - importing registers them
        from cdsc_portal.web.staff_roles import make_roles

        # this app comes last, so the permissions of all others are there by then
        post_migrate.connect(make_roles, sender=self, dispatch_uid="make_staff_roles")
