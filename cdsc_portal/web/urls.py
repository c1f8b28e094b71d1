from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.web import views
from cdsc_portal.web.docs import views as docs
from cdsc_portal.web.help import help_page
from cdsc_portal.web.metrics import metrics
from cdsc_portal.web.my_home import my_home
from cdsc_portal.web.my_things import my_account, my_contract, my_meter
from cdsc_portal.web.staff_customer import staff_customer
from cdsc_portal.web.staff_search import staff_search
from cdsc_portal.web.stylesheet import stylesheet

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("my/", my_home, name="my_home"),
    path("my/accounts/<slug:public_id>/", my_account, name="my_account"),
    path("my/contracts/<slug:public_id>/", my_contract, name="my_contract"),
    path("my/meters/<slug:public_id>/", my_meter, name="my_meter"),
    path("help/", help_page, name="help"),
    path("docs/", docs.contents, name="docs"),
    path("docs/scopes/<str:name>/", docs.scope, name="docs_scope"),
    path("docs/policy/", docs.policy, name="docs_policy"),
    path("docs/terms/", docs.terms, name="docs_terms"),
    path("docs/support/", docs.support, name="docs_support"),
    path("docs/test-accounts/", docs.test_accounts, name="docs_test_accounts"),
    path("docs/errors/", docs.error_codes, name="docs_errors"),
    path("docs/api/", docs.reference, name="docs_api"),
    path("docs/guide/", docs.guide, name="docs_guide"),
    path("docs/sandbox/", docs.sandbox_guide, name="docs_sandbox"),
    path("health/live", views.health_live, name="health_live"),
    path("health/ready", views.health_ready, name="health_ready"),
    path("health/workers", views.health_workers, name="health_workers"),
    path("metrics", metrics, name="metrics"),
    path("admin/find/", shows_secret(admin.site.admin_view(staff_search)), name="staff_search"),
    path(
        "admin/customers/<int:pk>/",
        shows_secret(admin.site.admin_view(staff_customer)),
        name="staff_customer",
    ),
    path("style/<slug:digest>.css", stylesheet, name="stylesheet"),
    path("i18n/setlang/", views.choose_language, name="set_language"),
    path("theme/", views.choose_theme, name="set_theme"),
]

if settings.ENV.development:
    urlpatterns.append(path("styleguide/", views.styleguide, name="styleguide"))
