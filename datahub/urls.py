from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView

from datahub.api.minutes import views
from datahub.api.minutes.statement_file import BillStatementFile

_FOUNDING = (
    views.DistributionDetails,
    views.SupplyDetails,
    views.SupplyHistory,
    views.UsageData,
    views.BillData,
    views.BillStatements,
    views.GenerationMix,
    views.GenerationBreakdown,
    views.ConsumptionBreakdown,
    views.ResidualMix,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(view.resource, view.as_view(), name=view.resource) for view in _FOUNDING),
    path("bill_statements/<str:statement_id>/file", BillStatementFile.as_view(), name="bill_statement_file"),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
]
