from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Customers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import tasks  # noqa: F401 - connects the invitations to a worker
        from accounts.sign_in import sessions  # noqa: F401 - notes when a login began
