from django.urls import URLPattern, URLResolver, path

from accounts.own_names import Kind
from accounts.pages import names, people, tree
from accounts.pages.notice_off import notice_off
from accounts.sign_in import settings_pages as settings
from cdsc_portal.lib.http.secret_pages import all_show_secrets

_ROLE = "my/people/<slug:customer>/<slug:person>/<slug:part>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("my/people/", people.people, name="people"),
    path("my/people/invite/", people.invite_page, name="people_invite"),
    path(
        "my/people/invitations/<slug:public_id>/again/",
        people.invitation_again,
        name="people_invitation_again",
    ),
    path(
        "my/people/invitations/<slug:public_id>/withdraw/",
        people.invitation_withdraw,
        name="people_invitation_withdraw",
    ),
    path(f"{_ROLE}change/", people.change, name="people_change"),
    path(f"{_ROLE}end/", people.end, name="people_end"),
    path(f"{_ROLE}keep/", people.keep, name="people_keep"),
    path(f"{_ROLE}agree/", people.agree, name="people_agree"),
    path("my/accounts/", tree.my_accounts, name="my_accounts"),
    path("my/names/", names.names_from_file, name="my_names"),
    path("my/names.csv", names.names_file, name="my_names_file"),
    path(
        "my/accounts/<slug:public_id>/name/",
        names.name_one,
        {"kind": Kind.ACCOUNT},
        name="my_account_name",
    ),
    path(
        "my/contracts/<slug:public_id>/name/",
        names.name_one,
        {"kind": Kind.CONTRACT},
        name="my_contract_name",
    ),
    path("my/meters/<slug:public_id>/name/", names.name_one, {"kind": Kind.METER}, name="my_meter_name"),
    *all_show_secrets(
        [
            path("notices/off/<str:key>/", notice_off, name="notice_off"),
            path("my/settings/", settings.my_settings, name="my_settings"),
            path("my/settings/email/", settings.new_address, name="my_email"),
            path("my/settings/email/code/", settings.confirm_address, name="my_email_code"),
            path("my/settings/sessions/", settings.end_other_sessions, name="my_sessions"),
        ]
    ),
]
