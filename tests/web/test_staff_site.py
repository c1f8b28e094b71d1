"""The site of the staff's pages is one of our own, and has none but our own pages."""

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.contenttypes.models import ContentType
from django_celery_beat.models import PeriodicTask

from accounts.models import Premise
from cdsc_portal.web.staff_site import StaffSite


def test_nothing_of_djangos_own_site_is_replaced():
    assert isinstance(admin.site, StaffSite)
    assert not {"login", "has_permission", "search", "register"} & vars(admin.site._wrapped).keys()
    assert AdminSite.login.__module__ == AdminSite.has_permission.__module__ == "django.contrib.admin.sites"


def test_pages_that_libraries_bring_are_not_taken():
    site = StaffSite()

    site.register(ContentType)
    site.register(PeriodicTask, admin.ModelAdmin)
    site.register(Premise, type(admin.site._registry[Premise]))

    assert list(site._registry) == [Premise]
    assert {model._meta.app_label for model in admin.site._registry} <= {
        "accounts",
        "auth",
        "consent",
        "datahub",
    }
