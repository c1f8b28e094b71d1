from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class WebConfig(AppConfig):
    """Pages that join the apps, and the project's own deployment checks."""

    name = "cdsc_portal.web"
    label = "web"

    def ready(self) -> None:
        from cdsc_portal import checks  # noqa: F401 - importing registers them
        from cdsc_portal.web.staff_roles import make_roles

        # of our apps with tables the last, so once for all of them; an app without tables gets no news
        last = apps.get_app_config("datahub")
        post_migrate.connect(make_roles, sender=last, dispatch_uid="make_staff_roles")


class StaffAdminConfig(AdminConfig):
    """Django's admin, with the site of ours."""

    default_site = "cdsc_portal.web.staff_site.StaffSite"
