"""Every address of the server. Each app brings its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("cdsc_portal.web.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("accounts.urls")),
    path("", include("consent.urls")),
    path("", include("datahub.urls")),
    path("admin/", admin.site.urls),
]
