"""What guards each route; a route that stands in none of the lists fails the walk."""

from rest_framework.views import APIView

from consent.api.gated import GatedView, scopes_opening
from consent.scopes.offer_types import CLIENT_ADMIN, GRANT_ADMIN
from datahub.api.founding.open_series import OpenSeriesView
from tests.spec.routes import Route, routes


def is_served_by(route: Route, base: type[APIView]) -> bool:
    view = getattr(route.view, "view_class", None) or getattr(route.view, "cls", None)
    return isinstance(view, type) and issubclass(view, base)


DATA = [route for route in routes() if is_served_by(route, GatedView)]
# by route: the narrowest scope that opens it
SCOPES = {route.name: scopes_opening(route.view.cls.resource)[0] for route in DATA}
PUBLIC = {  # nobody's data
    "home", "help", "health_live", "health_ready", "health_workers", "set_language", "styleguide", "stylesheet",
    "metrics", "schema",
    "oauth_metadata", "feed_schema", "cds_schema", "cds_registration",
    "account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done",
    "account_request_login_code", "account_confirm_login_code", "mfa_login_webauthn", "mfa_authenticate", "sign_on",
    "openid_connect_callback", "account_activate", "account_activate_code", "account_activate_password",
    "cds_server_metadata", "cds_coverage", "cds_coverage_map", "cds_coverage_geojson", "session_stay", "set_theme",
    "oauth_done", "docs", "docs_scope", "docs_errors", "docs_api", "docs_sandbox", "docs_policy", "docs_terms",
    "docs_support", "docs_test_accounts", "docs_guide", "developer_register", "developer_registered",
}  # fmt: skip
OAUTH = {  # clients authenticate there; tests/consent/oauth walks them
    "oauth_authorize", "oauth_token", "oauth_par", "oauth_introspect", "oauth_revoke",
}  # fmt: skip
BY_UNGUESSABLE_KEY = {  # no customer data without a login (F-194); tests/consent/pages, tests/accounts/pages
    "receipt", "receipt_of_same_grant", "receipt_stop",
    "registration_step", "registration_step_email",
    "notice_off", "account_join", "account_browser", "second_step_link",
}  # fmt: skip
LOGIN = {
    "my_settings", "my_email", "my_email_code", "my_sessions", "second_step", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn",
    "mfa_list_webauthn", "mfa_index",
    "my_home", "my_accounts", "my_account", "my_contract", "my_meter", "my_names", "my_names_file",
    "my_account_name", "my_contract_name", "my_meter_name", "account_reauthenticate", "account_change_password",
    "account_set_password", "consent_request", "my_request",
    "my_activity", "my_activity_csv",
    "consent_request_cancel", "sharing_list", "sharing_list_csv", "sharing_detail", "sharing_change", "sharing_stop",
    "sharing_reads", "sharing_services", "sharing_receipt",
    "my_usage", "my_usage_file", "my_downloads", "my_download", "my_bills", "my_bill", "my_bill_file", "my_mix",
    "my_portfolio", "my_portfolio_file",
    "people", "people_invite", "people_invitation_again", "people_invitation_withdraw", "people_change", "people_end",
    "people_agree", "people_keep", "developer", "developer_secret", "developer_new_message", "developer_message",
    "developer_attachment",
}  # fmt: skip
# nobody's data, for clients by their secret; tests/datahub/api/test_open_mix.py walks them
OPEN_TO_CLIENTS = {route.name for route in routes() if is_served_by(route, OpenSeriesView)}
STAFF_TOKEN = {
    "feed_files",
    "feed_file_run",
}  # feed files in, no data out; tests/datahub/feeds/sources walks them
# by tokens that a third party's object got for itself; tests/spec/test_admin_walk.py walks them
BY_OWN_TOKEN = [route for route in routes() if hasattr(route.view, "answers")]
# of these: APIs about a registration, and files that the utility provides
REGISTRATION_APIS = [route for route in BY_OWN_TOKEN if route.view.gate.scope == CLIENT_ADMIN]
FILES_API = [route for route in BY_OWN_TOKEN if route.view.gate.scope == GRANT_ADMIN]
