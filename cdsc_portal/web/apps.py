from importlib.metadata import version

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate


class WebConfig(AppConfig):
    """Pages that join the apps, and the project's own deployment checks."""

    name = "cdsc_portal.web"
    label = "web"

    def ready(self) -> None:
        from cdsc_portal import checks  # noqa: F401 - importing registers them
        from cdsc_portal.web.staff_roles import make_roles

        if settings.ENV.traces_url or settings.ENV.sentry_dsn:
            _start_telemetry()

        # of our apps with tables the last, so once for all of them; an app without tables gets no news
        last = apps.get_app_config("datahub")
        post_migrate.connect(make_roles, sender=last, dispatch_uid="make_staff_roles")


def _start_telemetry() -> None:
    """Raises ImproperlyConfigured where its packages are missing."""
    from cdsc_portal import telemetry

    try:
        telemetry.start(settings.ENV, release=version("cdsc-portal"))
    except ModuleNotFoundError as missing:
        raise ImproperlyConfigured(
            "TRACES_URL and SENTRY_DSN need packages: pip install --require-hashes -r requirements/telemetry.txt"
        ) from missing


class StaffAdminConfig(AdminConfig):
    """Django's admin, with the site of ours."""

    default_site = "cdsc_portal.web.staff_site.StaffSite"
