from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from cdsc_portal.web import views
from cdsc_portal.web.my_home import my_home
from cdsc_portal.web.staff_search import staff_search

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("my/", my_home, name="my_home"),
    path("help/", views.help_page, name="help"),
    path("health/live", views.health_live, name="health_live"),
    path("health/ready", views.health_ready, name="health_ready"),
    path("admin/find/", admin.site.admin_view(staff_search), name="staff_search"),
    path("i18n/setlang/", views.choose_language, name="set_language"),
]

if settings.ENV.development:
    urlpatterns.append(path("styleguide/", views.styleguide, name="styleguide"))
