from django.urls import path

from accounts.sign_in import settings_pages as pages
from cdsc_portal.lib.http.secret_pages import all_show_secrets

urlpatterns = all_show_secrets(
    [
        path("", pages.my_settings, name="my_settings"),
        path("email/", pages.new_address, name="my_email"),
        path("email/code/", pages.confirm_address, name="my_email_code"),
        path("sessions/", pages.end_other_sessions, name="my_sessions"),
    ]
)
