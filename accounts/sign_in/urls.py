"""The pages of allauth that this site has, under allauth's names. What is not here does not exist."""

from allauth.account import views
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib.auth.decorators import login_required
from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts.sign_in import activation, second_step, single_sign_on
from accounts.sign_in.browser_link import know_browser
from accounts.sign_in.enrolment import second_step_link
from accounts.sign_in.join import join
from accounts.sign_in.views import (
    ConfirmLoginCodeView,
    LoginCodeView,
    LoginView,
    PasskeyLoginView,
    PasswordFromMailView,
    PasswordResetView,
    SecondStepView,
    extend_session,
)
from cdsc_portal.lib.http.secret_pages import all_show_secrets

_settings = login_required(RedirectView.as_view(pattern_name="my_settings"))

urlpatterns = all_show_secrets(
    [
        path("login/", LoginView.as_view(), name="account_login"),
        path("login/passkey/", PasskeyLoginView.as_view(), name="mfa_login_webauthn"),
        path("login/code/", LoginCodeView.as_view(), name="account_request_login_code"),
        path("login/code/confirm/", ConfirmLoginCodeView.as_view(), name="account_confirm_login_code"),
        path("login/second-step/", SecondStepView.as_view(), name="mfa_authenticate"),
        path("login/sso/", single_sign_on.sign_on, name="sign_on"),
        path(
            "login/sso/callback/",
            single_sign_on.come_back,
            {"provider_id": single_sign_on.PROVIDER},
            name="openid_connect_callback",
        ),
        path("logout/", views.logout, name="account_logout"),
        path("stay/", extend_session, name="session_stay"),
        path("inactive/", views.account_inactive, name="account_inactive"),
        path("signup/", views.signup, name="account_signup"),
        path("join/<str:key>/", join, name="account_join"),
        path("browser/<str:key>/", know_browser, name="account_browser"),
        path("activate/", activation.begin, name="account_activate"),
        path("activate/code/", activation.confirm, name="account_activate_code"),
        path("activate/password/", activation.finish, name="account_activate_password"),
        path("password/change/", views.password_change, name="account_change_password"),
        path("password/set/", views.password_set, name="account_set_password"),
        path("password/reset/", PasswordResetView.as_view(), name="account_reset_password"),
        path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
        re_path(
            r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
            PasswordFromMailView.as_view(),
            name="account_reset_password_from_key",
        ),
        path(
            "password/reset/key/done/",
            views.password_reset_from_key_done,
            name="account_reset_password_from_key_done",
        ),
        path("again/", views.reauthenticate, name="account_reauthenticate"),
        path("again/code/", CodeAgainView.as_view(), name="mfa_reauthenticate"),
        path("again/passkey/", ReauthenticateWebAuthnView.as_view(), name="mfa_reauthenticate_webauthn"),
        path("second-step/", second_step.second_step, name="second_step"),
        path("second-step/link/<str:secret>/", second_step_link, name="second_step_link"),
        path("app/add/", second_step.ActivateAppView.as_view(), name="mfa_activate_totp"),
        path("app/remove/", second_step.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
        path("recovery-codes/", second_step.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
        path(
            "recovery-codes/new/",
            second_step.NewRecoveryCodesView.as_view(),
            name="mfa_generate_recovery_codes",
        ),
        path("passkeys/add/", second_step.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
        path("passkeys/<int:pk>/name/", second_step.RenamePasskeyView.as_view(), name="mfa_edit_webauthn"),
        path(
            "passkeys/<int:pk>/remove/", second_step.RemovePasskeyView.as_view(), name="mfa_remove_webauthn"
        ),
        # the library leads here; all of it stands on the page of settings
        path("passkeys/", _settings, name="mfa_list_webauthn"),
        path("steps/", _settings, name="mfa_index"),
    ]
)
