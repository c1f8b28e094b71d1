"""Every address of the server. Each app brings its own."""

from django.contrib import admin
from django.urls import include, path

from cdsc_portal.lib.http.secret_pages import all_show_secrets

_staff_pages, _app, _namespace = admin.site.urls

urlpatterns = [
    path("", include("datahub.urls")),  # first: each pattern before it is tried on each call of the API
    path("", include("cdsc_portal.web.urls")),
    path("accounts/", include("accounts.sign_in.urls")),
    path("", include("accounts.urls")),
    path("", include("consent.urls")),
    path("admin/", (all_show_secrets(_staff_pages), _app, _namespace)),
]

handler400 = "cdsc_portal.web.errors.bad_request"
handler403 = "cdsc_portal.web.errors.permission_denied"
handler404 = "cdsc_portal.web.errors.not_found"
handler429 = "cdsc_portal.web.errors.too_many_requests"  # allauth's name for it
handler500 = "cdsc_portal.web.errors.server_error"
