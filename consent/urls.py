from django.urls import URLPattern, URLResolver, include, path

from consent.pages.activity import views as activity
from consent.pages.change import views as change
from consent.pages.developer import message_views as messages
from consent.pages.developer import registration
from consent.pages.developer import views as developer
from consent.pages.receipts import views as receipt
from consent.pages.request.views import RequestView, cancel_login
from consent.pages.sharing import views as sharing
from consent.pages.steps import views as steps

urlpatterns: list[URLPattern | URLResolver] = [
    path("developer/", developer.developer, name="developer"),
    path("developer/register/", registration.register_page, name="developer_register"),
    path("developer/registered/", registration.registered_page, name="developer_registered"),
    path("developer/clients/<slug:public_id>/secret/", developer.client_secret, name="developer_secret"),
    path("developer/messages/new/", messages.new_message, name="developer_new_message"),
    path("developer/messages/<slug:public_id>/", messages.message, name="developer_message"),
    path(
        "developer/messages/<slug:public_id>/files/<slug:attachment_id>/",
        messages.attachment,
        name="developer_attachment",
    ),
    path("third-parties/steps/<str:key>/", steps.step, name="registration_step"),
    path("third-parties/steps/<str:key>/email/<str:code>/", steps.confirm, name="registration_step_email"),
    path("", include("consent.oauth.urls")),
    path("", include("consent.api.cds.urls")),
    path("oauth/authorize/<slug:key>/", RequestView.as_view(), name="consent_request"),
    path("oauth/authorize/<slug:key>/cancel/", cancel_login, name="consent_request_cancel"),
    path("receipts/<slug:key>/", receipt.receipt, name="receipt"),
    path("receipts/<slug:key>/stop/", receipt.receipt_stop, name="receipt_stop"),
    path("receipts/<slug:key>/<slug:number>/", receipt.receipt, name="receipt_of_same_grant"),
    path("my/requests/<slug:reference>/", RequestView.as_view(), name="my_request"),
    path("my/activity/", activity.activity, name="my_activity"),
    path("my/activity/activity.csv", activity.activity_csv, name="my_activity_csv"),
    path("my/sharing/", sharing.sharing_list_page, name="sharing_list"),
    path("my/sharing/sharing.csv", sharing.sharing_list_csv, name="sharing_list_csv"),
    path("my/sharing/<slug:public_id>/", sharing.sharing_detail_page, name="sharing_detail"),
    path("my/sharing/<slug:public_id>/reads.csv", sharing.sharing_reads, name="sharing_reads"),
    path("my/sharing/<slug:public_id>/services.csv", sharing.sharing_services, name="sharing_services"),
    path(
        "my/sharing/<slug:public_id>/receipts/<slug:number>/", sharing.sharing_receipt, name="sharing_receipt"
    ),
    path("my/sharing/<slug:public_id>/change/", change.sharing_change, name="sharing_change"),
    path("my/sharing/<slug:public_id>/stop/", sharing.sharing_stop, name="sharing_stop"),
]
