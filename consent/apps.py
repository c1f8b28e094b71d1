from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Sharing")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from consent import (
            receivers,  # noqa: F401 - connects grants to the roles they rest on
            tasks,  # noqa: F401 - registers the tasks, and what writes mail about reminders anew
        )
        from consent.oauth import receivers as oauth_receivers  # noqa: F401 - tokens die with their grant
        from consent.pages.developer import contact_login  # noqa: F401 - remembers in the session who is a contact

        post_migrate.connect(receivers.make_rows_of_the_server, sender=self)
