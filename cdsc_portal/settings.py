"""Django's settings, all derived from the environment (`env.py`); nothing is configured anywhere else."""

from urllib.parse import parse_qs, unquote, urlsplit

from cdsc_portal import background, env, logs, places
from cdsc_portal.admin_site import UNFOLD as UNFOLD  # the name under which the admin theme reads it
from cdsc_portal.lib.db import routes
from cdsc_portal.lib.runtime import private_files
from cdsc_portal.lib.runtime.file_storage import storage_of

ENV = env.read_or_end()
globals().update(ENV.for_django())  # each setting under its variable's name: UTILITY_NAME, FEED_FOLDERS, ...
BASE_DIR = places.FILES

DEBUG = False
LOGGING = logs.configure(development=ENV.development)
SECRET_KEY, *SECRET_KEY_FALLBACKS = ENV.secret_keys
ALLOWED_HOSTS = list(ENV.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [ENV.public_url] if ENV.public_url else []

INSTALLED_APPS = [
    "cdsc_portal.web.apps.WebConfig",
    "unfold.apps.BasicAppConfig",  # not its default, which would put its own site in place of ours
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "cdsc_portal.web.apps.StaffAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
    "accounts",
    "consent",
    "datahub",
]

MIDDLEWARE = [
    "cdsc_portal.middleware.CountingMiddleware",
    "cdsc_portal.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "cdsc_portal.middleware.RequestReferenceMiddleware",
    "consent.api.cross_origin.CrossOriginMiddleware",
    "cdsc_portal.middleware.RequestMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cdsc_portal.middleware.BackgroundCallMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cdsc_portal.web.support_session.SupportSessionMiddleware",
]

if ENV.traces_url:
    MIDDLEWARE.insert(0, "cdsc_portal.telemetry.TracingMiddleware")

ROOT_URLCONF = "cdsc_portal.urls"
ASGI_APPLICATION = "cdsc_portal.asgi.application"
WSGI_APPLICATION = "cdsc_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cdsc_portal.web.context.utility",
                "cdsc_portal.web.context.navigation",
            ],
        },
    },
]


# A statement that is prepared is planned once, not anew for the values of each call: that takes longer than running it.
_ONE_PLAN = "-c plan_cache_mode=force_generic_plan"


def _database(url: str) -> dict[str, object]:
    """Django's form of a postgresql:// URL; `host` may be a socket folder in the query."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    # for lib/prepared: Django's own cursors never prepare. A pool that knows no prepared statements takes no options.
    prepared: dict[str, object] = {"prepare_threshold": None}
    if ENV.prepared_statements:
        prepared = {"prepare_threshold": 0, "options": f"{_ONE_PLAN} {query.pop('options', '')}".strip()}
    host = query.pop("host", "") or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {**prepared, **query},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


_EMBEDDED = {
    "ENGINE": "cdsc_portal.embedded_postgres",  # starts the server with the first connection
    "DATA_DIR": ENV.var_dir / "postgres",
}
DATABASES = {
    "default": _database(ENV.database_url)
    if ENV.database_url
    else {**_database("postgresql://postgres@/postgres"), **_EMBEDDED},
}
for _alias, _url in (
    (routes.REPLICA, ENV.database_replica_url),
    (routes.SESSIONS, ENV.database_session_url),
):
    if _url:
        DATABASES[_alias] = {**_database(_url), "TEST": {"MIRROR": "default"}}
DATABASE_ROUTERS = ["cdsc_portal.lib.db.routes.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people and sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.LoginForm",
    "change_password": "accounts.sign_in.forms.ChangePasswordForm",
    "set_password": "accounts.sign_in.forms.SetPasswordForm",
    "reset_password": "accounts.sign_in.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.sign_in.forms.ReauthenticateForm",
    "request_login_code": "accounts.sign_in.forms.RequestLoginCodeForm",
    "confirm_login_code": "accounts.sign_in.forms.ConfirmLoginCodeForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # else anyone could make this server write to anyone
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{ENV.utility_name}: "
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 10  # never reached: five are counted in the database
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if ENV.development else "https"
# what one address may do at all logins together, where no known device does it; at one login: services/sign_in_locks
ACCOUNT_RATE_LIMITS = {
    "strangers_login": "60/m/ip",
    "strangers_password": "20/m/ip",  # wrong ones
    "strangers_mail": "20/m/ip",
    # the library's own, which know no devices
    "login": None,
    "login_failed": None,
    "request_login_code": None,
    "reset_password": None,
}
MFA_RATE_LIMITS = {
    "webauthn_login": None
}  # nothing to guess, and a neighbour's attempts must not stop a passkey
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if ENV.secure_proxy else 0
MFA_ADAPTER = "accounts.sign_in.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.sign_in.forms.SecondStepForm",
    "authenticate_webauthn": "accounts.sign_in.forms.SecondStepPasskeyForm",
    "reauthenticate_webauthn": "accounts.sign_in.forms.PasskeyAgainForm",
    "reauthenticate": "accounts.sign_in.forms.SecondStepAgainForm",
    "activate_totp": "accounts.sign_in.forms.ActivateAppForm",
    "add_webauthn": "accounts.sign_in.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.sign_in.forms.PasskeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the utility gave the address, and a mail to it opened the login
MFA_TOTP_ISSUER = ENV.utility_name
MFA_TOTP_TOLERANCE = 1  # steps early or late; sign_in/app_codes lets each code count once all the same
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ENV.development  # http://localhost
SINGLE_SIGN_ON_NAME = ENV.oidc_name if ENV.oidc_server_url else ""
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.single_sign_on.SignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": ENV.oidc_name,
                "client_id": ENV.oidc_client_id,
                "secret": ENV.oidc_client_secret,
                "settings": {"server_url": ENV.oidc_server_url},
            }
        ]
        if ENV.oidc_server_url
        else [],
    }
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/my/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# --- sessions, cookies, transport
SESSION_ENGINE = "accounts.sign_in.sessions"
SESSION_COOKIE_AGE = 2 * 60 * 60  # since the last call, for customers
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not ENV.development
SECURE_SSL_REDIRECT = not ENV.development
SECURE_SSL_HOST = urlsplit(ENV.public_url).netloc
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # probes inside the network speak plain http
SECURE_HSTS_SECONDS = 0 if ENV.development else 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not ENV.development
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.secure_proxy else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "cdsc_portal.web.errors.csrf_failure"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- language and time: UTC inside, the utility's zone for local days and for people
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
# numbers and clocks as the utility's region writes them, whatever the language: 1,234.50 in Spanish too
FORMAT_MODULE_PATH = (
    "cdsc_portal.european_formats" if ENV.utility_region == "EU" else "cdsc_portal.american_formats"
)
USE_TZ = True
TIME_ZONE = ENV.utility_time_zone

STATIC_URL = "/static/"
HASHED_STATIC_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
if places.IS_BUILT:  # collected when the wheel was built
    STATIC_ROOT = places.BUILT / "static"
    _STATIC_FILES: dict[str, object] = {"BACKEND": HASHED_STATIC_FILES}
else:  # served from where the checkout has them
    STATICFILES_DIRS = [BASE_DIR / "static"]
    STATIC_ROOT = ENV.var_dir / "static"
    STATIC_ROOT.mkdir(exist_ok=True)
    _STATIC_FILES = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    }
WHITENOISE_USE_FINDERS = not places.IS_BUILT
SCRATCH_DIR = ENV.var_dir / "scratch"  # what is written here is no file yet
# in a bucket nothing is written to this folder
MEDIA_ROOT = urlsplit(ENV.storage_url).path if ENV.storage_url.startswith("file:") else str(SCRATCH_DIR)
# what feeds bring, bills and proofs are for the server's own user; the pages' files are for everybody
FILE_UPLOAD_PERMISSIONS = private_files.FILE
FILE_UPLOAD_DIRECTORY_PERMISSIONS = private_files.FOLDER
STORAGES = {
    "default": storage_of(
        ENV.storage_url, access_key=ENV.storage_access_key, secret_key=ENV.storage_secret_key
    ),
    "staticfiles": _STATIC_FILES,
}

# --- the cache is shared by all processes, since rate limits count in it: Redis where there is one, else a table
CACHES = {
    "default": {
        "BACKEND": "cdsc_portal.lib.runtime.redis_or_memory.RedisOrMemoryCache",
        "LOCATION": ENV.cache_url or ENV.redis_url,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
    if ENV.redis_url
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # the default of 300 would drop the limits of a busy minute
    },
}

# --- OAuth: our models, our validator, every compliance gate on
PLAIN_LOOPBACK_REDIRECTS = ENV.development  # http:// to the machine itself, and nowhere else
OAUTH2_PROVIDER_APPLICATION_MODEL = "consent.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "consent.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "consent.AccessToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "consent.RefreshToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "consent.IDToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "consent.DeviceGrant"
OAUTH2_PROVIDER = {
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"] if ENV.development else ["https"],
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    # a view that is not gated opens nothing
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["datahub.api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "datahub.api.renderers.AcceptNegotiation",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "consent.api.problems.problem_from_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVERS": [{"url": ENV.public_url}] if ENV.public_url else [],
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used
}

# --- background work
# without it a request waits six seconds for a broker that is down before it leaves its work to the sweeps
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"max_retries": 0}
if ENV.redis_url:
    CELERY_BROKER_URL = ENV.redis_url
else:
    CELERY_BROKER_URL = "filesystem://"
    _broker = ENV.var_dir / "broker"
    for _name in ("messages", "control", "processed"):
        (_broker / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        "processed_folder": str(_broker / "processed"),
        "store_processed": False,
    }
CELERY_TASK_QUEUES, CELERY_TASK_ROUTES = background.QUEUES, background.ROUTES
CELERY_TASK_DEFAULT_QUEUE = background.UPKEEP
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "cdsc_portal.beat.Scheduler"
CELERY_BEAT_SCHEDULE = background.SCHEDULE

# --- mail: files under var/mail unless MAIL_URL names a server
DEFAULT_FROM_EMAIL = ENV.mail_from
EMAIL_BACKEND = "cdsc_portal.mail_files.PrivateEmailBackend"
EMAIL_FILE_PATH = ENV.var_dir / "mail"
EMAIL_TIMEOUT = 20  # seconds; a mail is claimed while it is sent
if ENV.mail_url:
    _mail = urlsplit(ENV.mail_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "", _mail.port or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.scheme == "smtps"
