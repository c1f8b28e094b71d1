from django.urls import URLPattern, URLResolver, path

from datahub.api import openapi
from datahub.api.urls import FEEDS, GATED, OPEN_SERIES
from datahub.bills.pages import views as bills
from datahub.downloads.pages import views as downloads
from datahub.mix.pages import views as mix
from datahub.portfolio.pages import views as portfolio
from datahub.usage.pages import views as usage

urlpatterns: list[URLPattern | URLResolver] = [
    *GATED,
    *OPEN_SERIES,
    *FEEDS,
    path("my/usage/", usage.usage, name="my_usage"),
    path("my/usage/file/", usage.usage_file, name="my_usage_file"),
    path("my/portfolio/", portfolio.portfolio_lines, name="my_portfolio"),
    path("my/portfolio.csv", portfolio.portfolio_file, name="my_portfolio_file"),
    path("my/mix/", mix.mix, name="my_mix"),
    path("my/bills/", bills.bills, name="my_bills"),
    path("my/bills/<slug:public_id>/", bills.bill, name="my_bill"),
    path("my/bills/<slug:public_id>/file/", bills.bill_file, name="my_bill_file"),
    path("my/downloads/", downloads.downloads, name="my_downloads"),
    path("my/downloads/<slug:public_id>/", downloads.download, name="my_download"),
    path("api/schema", openapi.api_schema, name="schema"),
    path("api/feeds/schema", openapi.feed_schema, name="feed_schema"),
]
