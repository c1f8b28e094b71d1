from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView

from datahub.api.minutes import mix as mix_series
from datahub.api.minutes import views
from datahub.api.minutes.statement_file import BillStatementFile
from datahub.api.minutes.sums import UsageSumsList
from datahub.api.minutes.usage_file import UsageFileView
from datahub.api.open_mix import OpenGeneration, OpenResidual
from datahub.api.uploads import FeedFileRun, FeedFiles
from datahub.views import bills, downloads, mix, usage

_FOUNDING = (
    views.DistributionDetails,
    views.SupplyDetails,
    views.SupplyHistory,
    views.UsageData,
    views.BillData,
    views.BillStatements,
    mix_series.GenerationMix,
    mix_series.GenerationBreakdown,
    mix_series.ConsumptionBreakdown,
    mix_series.ResidualMix,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(view.resource, view.as_view(), name=view.resource) for view in _FOUNDING),
    path("grid/generation_breakdown", OpenGeneration.as_view(), name="open_generation_breakdown"),
    path("grid/residual_mix", OpenResidual.as_view(), name="open_residual_mix"),
    path("usage_data/file", UsageFileView.as_view(), name="usage_file"),
    path("usage_sums", UsageSumsList.as_view(), name="usage_sums"),
    path("bill_statements/<str:statement_id>/file", BillStatementFile.as_view(), name="bill_statement_file"),
    path("api/feeds/<str:feed_id>/files", FeedFiles.as_view(), name="feed_files"),
    path("api/feeds/<str:feed_id>/files/<str:run_id>", FeedFileRun.as_view(), name="feed_file_run"),
    path("my/usage/", usage.usage, name="my_usage"),
    path("my/usage/file/", usage.usage_file, name="my_usage_file"),
    path("my/mix/", mix.mix, name="my_mix"),
    path("my/bills/", bills.bills, name="my_bills"),
    path("my/bills/<slug:public_id>/", bills.bill, name="my_bill"),
    path("my/bills/<slug:public_id>/file/", bills.bill_file, name="my_bill_file"),
    path("my/downloads/", downloads.downloads, name="my_downloads"),
    path("my/downloads/<slug:public_id>/", downloads.download, name="my_download"),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
]
