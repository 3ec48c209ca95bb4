"""Every environment runs this file; only the environment's variables differ (see ``docs/settings.md``)."""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import django_stubs_ext

from apps.core import roles
from resimate import backends, env, servers, transport, wishes
from resimate_servers.installation import NotRunning, Urls, connection_urls, running_port, secret_of

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Campaign] and its like be written where they are not generic

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = servers.environment()
DEVELOPMENT = ENVIRONMENT == "development"
DATA_DIR = Path(
    env.text("RESIMATE_DATA_DIR", str(BASE_DIR / ".data"), "where the embedded servers keep their data")
).absolute()
PORT = env.integer("RESIMATE_PORT", running_port(DATA_DIR, "web") or 8000, "port of the web server", shown="8000")
MANAGEMENT_PORT = env.integer("RESIMATE_MANAGEMENT_PORT", 9000, "port of metrics and probes, never public")
MANAGEMENT_HOST = env.text("RESIMATE_MANAGEMENT_HOST", "127.0.0.1", "address of metrics and probes, a private one")
ROLE = env.choice("RESIMATE_ROLE", "", roles.ALL, roles.ABOUT)
DEBUG = False


# Servers: the environment names them, or they are the embedded ones.
def _address(variable: str, about: str) -> str:
    return transport.fit(variable, servers.checked(variable, env.secret(variable, about)))


def _servers() -> tuple[Urls, bool]:
    urls = wishes.given()
    if not DEVELOPMENT:  # a process that only serves has no business with the owner's connection
        urls["owner_database_url"] = urls["owner_database_url"] or urls["database_url"]
    try:
        return connection_urls(DATA_DIR, urls), True
    except NotRunning:
        database, owner, redis, email = (value or f"{name}://127.0.0.1:1/none" for name, value in urls.items())
        embedded = [not urls[name] for name in ("database_url", "redis_url", "email_url")]
        return Urls(database, owner, redis, email, *embedded), False


SERVERS, SERVERS_KNOWN = _servers()
OWNER_GIVEN = bool(wishes.given()["owner_database_url"])
WEB_THREADS = env.integer("WEB_THREADS", 4, "requests that a web process works on at once")
WEB_QUEUE = env.integer("WEB_QUEUE", 256, "requests that may wait for a thread; beyond that the answer is 503")
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 0, "connections kept open by a process; 0 opens none beforehand")
DATABASE_MAX_AGE = env.integer("DATABASE_MAX_AGE", 0, "seconds a thread keeps its connection, where there is no pool")


def _database(url: str, **extra: Any) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "apps.tenants.backend",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": 0 if DATABASE_POOL_SIZE else DATABASE_MAX_AGE,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "OPTIONS": {
            "application_name": f"resimate {ROLE or 'manage'}",
            "connect_timeout": 5,
            **servers.query_of(url),
        },
        **extra,
    }


DATABASES: dict[str, dict[str, Any]] = {
    "default": _database(SERVERS.database_url),
    # Owns the schemas: migrations and the making of tenants, nothing else; no thread keeps such a session.
    "owner": _database(SERVERS.owner_database_url, TENANT_ROLES=False, CONN_MAX_AGE=0),
}
# The server binds parameters, so a stacked statement is refused; what is sent again is parsed once per connection.
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}
if DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
DATABASE_ROUTERS = ("apps.tenants.routers.TenantRouter",)
TENANT_SYNC_ROUTER = "apps.tenants.routers.TenantRouter"
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
DATABASE_ROLE_PREFIX = env.text("DATABASE_ROLE_PREFIX", "resimate", "first part of the database roles' names")
TEMPLATE_SCHEMA = "tpl_resimate"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Apps: public schema only, every schema, tenant schemas only.
PUBLIC_APPS = [
    "django_tenants",
    "apps.core",
    "apps.audit",
    "apps.outbound",
    "apps.tenants",
    "apps.keys",
    "auditlog",
    "django.contrib.contenttypes",  # one numbering for all tenants: its cache is per process, not per schema
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "resimate",
]
EVERYWHERE_APPS = [
    "apps.configuration",
    "apps.accounts",
    "apps.factors",
    "resimate.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
]
TENANT_ONLY_APPS = [
    "apps.oauth",
    "apps.files",
    "apps.notifications",
    "apps.outreach",
    "apps.models",
    "apps.elicitation",
    "apps.campaigns",
    "apps.emergency",
]
SHARED_APPS, TENANT_APPS = [*PUBLIC_APPS, *EVERYWHERE_APPS], [*EVERYWHERE_APPS, *TENANT_ONLY_APPS]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_ONLY_APPS]

MIDDLEWARE = [
    "apps.core.observability.middleware.ObservabilityMiddleware",
    "apps.tenants.middleware.SecurityMiddleware",
    "apps.core.content_policy.ContentPolicyMiddleware",
    "apps.core.observability.health.HealthMiddleware",
    *(["whitenoise.middleware.WhiteNoiseMiddleware"] if ROLE not in roles.API else []),
    "apps.core.limits.BodyLimitMiddleware",
    "apps.tenants.middleware.TenantMiddleware",
    "apps.core.limits.TurnsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.accounts.middleware.SessionLimitsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.TimeZoneMiddleware",
    "apps.audit.context.ActorMiddleware",
    "apps.core.flashes.MessageMiddleware",
    "apps.emergency.middleware.EmergencyMiddleware",
    "apps.accounts.middleware.ViewingMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "resimate.urls.tenant"
PUBLIC_SCHEMA_URLCONF = "resimate.urls.public"
WSGI_APPLICATION = "resimate.wsgi.application"
APPEND_SLASH = True

# Security
SECRET_KEY = env.secret("SECRET_KEY", "signs sessions; at least 50 characters", is_made=True)
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS", "those before it, by space: sessions under them go on")
_given_key = env.secret("ENCRYPTION_KEY", "base64 of 32 bytes: the local key-encryption key", is_made=True)
ENCRYPTION_KEY_GIVEN = bool(_given_key)
if DEVELOPMENT:
    SECRET_KEY = SECRET_KEY or secret_of(DATA_DIR, "secret_key")
    _given_key = _given_key or secret_of(DATA_DIR, "encryption_key")
# Without secrets of its own production does not start: resimate/checks.py says which are missing.
SECRET_KEY = SECRET_KEY or "none"
ENCRYPTION_KEY = servers.encryption_key(_given_key)
ENCRYPTION_PROVIDER = env.choice(
    "ENCRYPTION_PROVIDER", "local", ("local", "vault", "pkcs11", "aws-kms"), "who wraps the keys of tenants"
)
VAULT = servers.vault()
PKCS11 = servers.hsm()
KMS = servers.kms()
transport.fit("VAULT_ADDR", VAULT["address"])
transport.fit("KMS_ENDPOINT", KMS["endpoint"])
TAKES_COPIES = env.flag("RESIMATE_TAKES_COPIES", False, "an installation for tests: `manage.py copies fill` works here")
CONFIG_DIR = env.text("RESIMATE_CONFIG_DIR", "", "a folder, such as a mounted ConfigMap, whose files set keys by name")
CONFIGURATION = env.family("RESIMATE_SETTING_", "settings of all tenants: RESIMATE_SETTING_API_RATE_MODELS=2000")
BASE_DOMAIN = env.text("RESIMATE_BASE_DOMAIN", "localhost", "the platform's host; tenants live on hosts below it")
ALLOWED_HOSTS = ["*"]  # the tenant middleware knows every host by name and answers 404 to the others
PUBLIC_SCHEME = "http" if DEVELOPMENT else "https"
_public_port = (running_port(DATA_DIR, "public") or PORT) if DEVELOPMENT else 443
PUBLIC_PORT = env.integer(
    "RESIMATE_PUBLIC_PORT",
    _public_port,
    "the port that people's browsers see; 443 in production",
    shown="as RESIMATE_PORT",
)
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, "how many proxies in front set X-Forwarded-For")
TRUST_FORWARDED_HOST = env.flag(
    "TRUST_FORWARDED_HOST", False, "the proxy in front rewrites the host, and always writes X-Forwarded-Host anew"
)
if TRUST_FORWARDED_HOST and not TRUSTED_PROXIES:
    raise env.BadSetting("TRUST_FORWARDED_HOST believes a proxy in front; say with TRUSTED_PROXIES how many there are.")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# A browser takes a cookie of this name over HTTPS alone, for this very host and all of it; there is none locally.
HOST_COOKIE = "" if DEVELOPMENT else "__Host-"
PATH_COOKIE = "" if DEVELOPMENT else "__Secure-"  # the same, of pages below one path
SESSION_COOKIE_NAME = f"{HOST_COOKIE}resimate"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
DEVICE_COOKIE_NAME = f"{HOST_COOKIE}device"
MESSAGES_COOKIE_NAME = f"{HOST_COOKIE}messages"
LANGUAGE_COOKIE_NAME = f"{HOST_COOKIE}django_language"
VISITOR_LANGUAGE_COOKIE_NAME = f"{PATH_COOKIE}respondent_language"
SESSION_ENGINE = "apps.accounts.session_store"
CSRF_COOKIE_NAME = "csrftoken" if DEVELOPMENT else "__Host-csrf"
CSRF_FAILURE_VIEW = "apps.core.views.csrf_failure"
SECURE_SSL_REDIRECT = not DEVELOPMENT
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEVELOPMENT
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024  # the largest body of the API: calculations with data in line
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
OUTBOUND_ALLOW = env.networks("RESIMATE_OUTBOUND_ALLOW", "networks that tests call as if they were public")

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.EmailBackend"]
FIPS = env.choice(
    "RESIMATE_FIPS",
    "off",
    ("off", "required"),
    "algorithms that FIPS 140-3 approves alone; refused where OpenSSL is not so",
)
# The first hashes; all of them verify what was hashed before, which is hashed anew when the person signs in.
PASSWORD_HASHERS = [
    *(["apps.accounts.hashers.Pbkdf2Hasher"] if FIPS == "required" else []),
    "apps.accounts.hashers.Argon2idHasher",
    *(["apps.accounts.hashers.Pbkdf2Hasher"] if FIPS == "off" else []),
]
# How long a password has to be, besides, is a setting of the tenant (apps/accounts/settings_keys.py).
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"}]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"

# Audit: django-auditlog captures, our append-only table keeps.
AUDITLOG_LOGENTRY_MODEL = "audit.AuditEntry"
AUDITLOG_DISABLE_REMOTE_ADDR = True
AUDITLOG_STORE_JSON_CHANGES = True

# Cache, broker, mail, files
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": SERVERS.redis_url,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        # Where Redis is shared with others, give it a password and an access list of its own all the same.
        "OPTIONS": {
            "socket_connect_timeout": 1,
            "socket_timeout": 1,
            "serializer": "apps.core.cached.JsonSerializer",
        },
    }
}
CELERY_BROKER_URL = transport.broker_of(SERVERS.redis_url)
globals().update(backends.mail(SERVERS.email_url))
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Resimate <no-reply@{BASE_DOMAIN}>", "sender of e-mails")
MAILBOX_DIR = None if not SERVERS.embedded_email else DATA_DIR / "mail"
OBJECT_STORE_URL = _address(
    "OBJECT_STORE_URL",
    "s3://key:secret@host/bucket?region=…, azure://account:key@host/container or gs://host/bucket?credentials=file;"
    " each with &cold=…, as it calls that class, s3 with &cacert=file; the data folder when empty",
)
COLD_STORE_URL = _address(
    "COLD_STORE_URL", "the same for files of the class cold, with ?keep_days=365 so that nobody deletes them before"
)
FILES_SCANNER_URL = env.text(
    "FILES_SCANNER_URL", "", "clamd://host:port or clamd:///path: who looks through files; nobody when empty"
)

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static"), "where the collected static files are"))
STATICFILES_DIRS = [BASE_DIR / "static"]
COLLECTED_STATIC = env.flag("COLLECTED_STATIC", not DEVELOPMENT, "serve compressed, hashed static files")
STORAGES = {
    "default": backends.files(OBJECT_STORE_URL, DATA_DIR / "files"),
    **({"cold": backends.files(COLD_STORE_URL, DATA_DIR)} if COLD_STORE_URL else {}),
    "staticfiles": {
        "BACKEND": "apps.core.scripts.HashedFiles"
        if COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED_STATIC
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False  # pages elsewhere have no use for our files

# Pages
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
                "django.template.context_processors.i18n",
            ],
        },
    }
]
FORM_RENDERER = "apps.core.forms.FormRenderer"
MESSAGE_STORAGE = "apps.core.flashes.Messages"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = USE_I18N = True
FORMAT_MODULE_PATH = "resimate.formats"

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.oauth.api.authentication.AccessTokenAuthentication",
        "apps.accounts.api.authentication.ApiKeyAuthentication",
        "apps.accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.api.permissions.Granted"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.api.parameters.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.pagination.CursorPagination",
    "DEFAULT_THROTTLE_CLASSES": ["apps.configuration.throttling.GroupThrottle"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "apps.accounts.denials.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Resimate API",
    "DESCRIPTION": "Resilience models, campaigns, assessments and scores of one tenant.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"LevelEnum": "apps.configuration.registry.LEVELS"},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.schema.add_problem_responses",
    ],
}

# Logs: JSON lines with exactly the fields of LOG-001.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "apps.core.observability.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO", "least severity that is logged")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "django.request": {"level": "ERROR"},  # a refused request is not a fault; the access line has its status
        "django.security.DisallowedHost": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "httpcore2": {"level": "INFO"},  # below that it writes whole requests, with their keys
    },
}
logging.captureWarnings(True)
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail addresses are unique, by a constraint on their digests
    "security.W001",  # our SecurityMiddleware is Django's, with an eye on the host
]
