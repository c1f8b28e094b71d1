from django.urls import URLPattern, URLResolver, include, path

from consent.views import change, developer, receipt, sharing
from consent.views.request import RequestView, cancel_login

urlpatterns: list[URLPattern | URLResolver] = [
    path("developer/", developer.developer, name="developer"),
    path("developer/clients/<str:public_id>/secret/", developer.client_secret, name="developer_secret"),
    path("developer/messages/new/", developer.new_message, name="developer_new_message"),
    path("developer/messages/<str:public_id>/", developer.message, name="developer_message"),
    path("", include("consent.oauth.urls")),
    path("oauth/authorize/<str:key>/", RequestView.as_view(), name="consent_request"),
    path("oauth/authorize/<str:key>/cancel/", cancel_login, name="consent_request_cancel"),
    path("receipts/<str:key>/", receipt.receipt, name="receipt"),
    path("receipts/<str:key>/stop/", receipt.receipt_stop, name="receipt_stop"),
    path("my/sharing/", sharing.sharing_list_page, name="sharing_list"),
    path("my/sharing/sharing.csv", sharing.sharing_list_csv, name="sharing_list_csv"),
    path("my/sharing/<str:public_id>/", sharing.sharing_detail_page, name="sharing_detail"),
    path("my/sharing/<str:public_id>/reads.csv", sharing.sharing_reads, name="sharing_reads"),
    path("my/sharing/<str:public_id>/services.csv", sharing.sharing_services, name="sharing_services"),
    path(
        "my/sharing/<str:public_id>/receipts/<str:number>/", sharing.sharing_receipt, name="sharing_receipt"
    ),
    path("my/sharing/<str:public_id>/change/", change.sharing_change, name="sharing_change"),
    path("my/sharing/<str:public_id>/stop/", sharing.sharing_stop, name="sharing_stop"),
]
