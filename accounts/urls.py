from django.urls import URLPattern, URLResolver, path

from accounts.own_names import Kind
from accounts.views import names, tree

urlpatterns: list[URLPattern | URLResolver] = [
    path("my/accounts/", tree.my_accounts, name="my_accounts"),
    path("my/names/", names.names_from_file, name="my_names"),
    path("my/names.csv", names.names_file, name="my_names_file"),
    path(
        "my/accounts/<str:public_id>/name/",
        names.name_one,
        {"kind": Kind.ACCOUNT},
        name="my_account_name",
    ),
    path(
        "my/contracts/<str:public_id>/name/",
        names.name_one,
        {"kind": Kind.CONTRACT},
        name="my_contract_name",
    ),
    path("my/meters/<str:public_id>/name/", names.name_one, {"kind": Kind.METER}, name="my_meter_name"),
]
