"""One settings file; everything that differs between machines is an environment variable."""

import json
import os
from pathlib import Path

import dj_database_url
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from hub import embedded


def flag(name: str, default: bool = False) -> bool:
    """Whether environment variable `name` says yes."""
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = flag("HUB_DEBUG", True)
SECRET_KEY = os.environ.get("HUB_SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set HUB_SECRET_KEY: a hub that is not in debug never runs on a default.")
    SECRET_KEY = "only-for-a-hub-in-debug-" + "0" * 40

ALLOWED_HOSTS = [host for host in os.environ.get("HUB_HOSTS", "").split(",") if host]
if DEBUG and not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
ORIGIN = os.environ.get("HUB_ORIGIN", "http://localhost:8000")
CSRF_TRUSTED_ORIGINS = [ORIGIN]

INSTALLED_APPS = [
    "hub",
    "allauth",
    "allauth.account",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "ninja",
]

MIDDLEWARE = [
    "hub.operations.timing.timed",
    "hub.middleware.outermost",
    # Before whatever may answer by itself: its answers are framed and run as little as others.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.middleware.limit_body",
    "hub.middleware.CompressText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hub.middleware.suspended",
    "hub.middleware.answers",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
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
                "hub.context.bell",
            ],
            "builtins": ["hub.templatetags.hub"],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or embedded.database_url(), conn_max_age=60, conn_health_checks=True
    )
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": embedded.cache_url()}}
BROKER_URL = embedded.broker_url()

# Storage: local files, or any S3-compatible store once S3_ENDPOINT_URL or S3_BUCKET is set.
FILES_DIR = embedded.home() / "files"
S3 = {
    "endpoint_url": os.environ.get("S3_ENDPOINT_URL"),
    "bucket_name": os.environ.get("S3_BUCKET", "deep-images-hub"),
    "access_key": os.environ.get("S3_ACCESS_KEY_ID"),
    "secret_key": os.environ.get("S3_SECRET_ACCESS_KEY"),
    "region_name": os.environ.get("S3_REGION", "us-east-1"),
    "public_url": os.environ.get("S3_PUBLIC_URL"),
}
USES_S3 = bool(os.environ.get("S3_ENDPOINT_URL") or os.environ.get("S3_BUCKET"))


def storage(alias: str) -> dict:
    """The storage of one alias: a folder of its own, or a prefix of its own in the bucket."""
    if USES_S3:
        return {"BACKEND": "hub.storage.BucketStorage", "OPTIONS": {"location": alias}}
    return {
        "BACKEND": "hub.storage.FolderStorage",
        "OPTIONS": {"location": FILES_DIR / alias, "alias": alias},
    }


# Static files as they lie in the source, or (production) collected, hashed and compressed.
FIND_STATIC = flag("HUB_FIND_STATIC", DEBUG)
STATICFILES_BACKEND = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if FIND_STATIC
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": storage("artifacts"),
    "originals": storage("originals"),
    "renditions": storage("renditions"),
    "artifacts": storage("artifacts"),
    "incoming": storage("incoming"),
    "features": storage("features"),
    "staticfiles": {"BACKEND": STATICFILES_BACKEND},
}
SIGNED_URL_SECONDS = 600

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = FIND_STATIC
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Accounts.
AUTH_USER_MODEL = "hub.Account"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "hub.people.entering.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Deep Images Hub: "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_USERNAME_BLACKLIST = ["admin", "staff", "hub", "anonymous", "moderator", "operator"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_VALIDATORS = "hub.people.entering.NAMES"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
LOGIN_REDIRECT_URL = "home"
LOGIN_URL = "account_login"

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("HUB_FROM_EMAIL", "Deep Images Hub <hub@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DATE_FORMAT = "j M Y"

# What suppliers may send: documented on the page that takes it.
MAX_FILE_BYTES = int(os.environ.get("HUB_MAX_FILE_BYTES", str(20 * 1024 * 1024)))
MAX_PIXELS = int(os.environ.get("HUB_MAX_PIXELS", "50000000"))
MIN_SIDE = int(os.environ.get("HUB_MIN_SIDE", "64"))
MAX_SIDE = int(os.environ.get("HUB_MAX_SIDE", "16384"))
MAX_BATCH_FILES = int(os.environ.get("HUB_MAX_BATCH_FILES", "50"))
# So many photos of a new account a moderator lets in before the others are public at once; 0 looks at none.
NEW_ACCOUNT_PHOTOS = int(os.environ.get("HUB_NEW_ACCOUNT_PHOTOS", "20"))
# Dotted paths of callables that know pictures by their hash, comma separated: see hub/moderation/matching.py.
HASH_MATCHERS = [path for path in os.environ.get("HUB_HASH_MATCHERS", "").split(",") if path]
# Bits of 256 by which two fingerprints may differ (measured: see docs/decisions/0003).
DUPLICATE_BITS = 31
REVIEW_BITS = 48
RELATED_BITS = 90
RENDITION_SIZES = (1024, 299, 224, 100)
# Requests a minute, 0 for as many as they like: to the API by one address without a token, and with one token; and
# what costs much (previews, freezing, packing, asking for models, trying them, exports), by one account or address.
RATES = {
    "anonymous": int(os.environ.get("HUB_RATE_ANONYMOUS", "1200")),
    "token": int(os.environ.get("HUB_RATE_TOKEN", "3000")),
    "costly": int(os.environ.get("HUB_RATE_COSTLY", "120")),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Sixteen are tried at once; a few more are refused in words, and a flood unread.
DATA_UPLOAD_MAX_NUMBER_FILES = 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# What an account may use a day (UTC): see hub/operations/quotas.py. Premium accounts may use QUOTA_PREMIUM times that.
QUOTAS = {
    "files": int(os.environ.get("HUB_QUOTA_FILES", "2000")),
    "bytes": int(os.environ.get("HUB_QUOTA_BYTES", str(10 * 1024**3))),
    "versions": int(os.environ.get("HUB_QUOTA_VERSIONS", "50")),
    "archives": int(os.environ.get("HUB_QUOTA_ARCHIVES", "100")),
    "trainings": int(os.environ.get("HUB_QUOTA_TRAININGS", "20")),
}
QUOTA_PREMIUM = int(os.environ.get("HUB_QUOTA_PREMIUM", "5"))

# Watching over it: see docs/operating.md. Without a token only operators who are logged in read /metrics.
METRICS_TOKEN = os.environ.get("HUB_METRICS_TOKEN", "")
AUDIT_HOURS = float(os.environ.get("HUB_AUDIT_HOURS", "24"))
OPERATOR_EMAIL = os.environ.get("HUB_OPERATOR_EMAIL", "")

# Background work: see hub/jobs.py.
# A worker that was lost is noticed after so long; its heartbeats come four times as often.
JOB_LEASE_SECONDS = int(os.environ.get("HUB_JOB_LEASE_SECONDS", "60"))
JOB_ATTEMPTS = 3
# Private memory of one worker child: 340 MiB before the first picture, threads' stacks included, and 400 for the
# hardest picture measured. 0 sets no cap: a training needs gigabytes.
INGEST_CHILD_BYTES = int(os.environ.get("HUB_INGEST_CHILD_BYTES", str(1024 * 1024 * 1024)))

# Where archives are prepared that cannot be streamed as they are (tar and Parquet): room for one archive a worker.
SCRATCH_DIR = os.environ.get("HUB_SCRATCH_DIR") or None
ARCHIVE_LINK_SECONDS = int(os.environ.get("HUB_ARCHIVE_LINK_SECONDS", str(24 * 3600)))

# Training. Pretrained weights lie in WEIGHTS_DIR: fetched when a worker starts, or put there by hand. Weights that
# are not Keras' own are taken where WEIGHTS_HASHES (JSON: file name to SHA-256) names them.
WEIGHTS_DIR = Path(os.environ.get("HUB_WEIGHTS_DIR") or embedded.home() / "weights")
WEIGHTS_HASHES = json.loads(os.environ.get("HUB_WEIGHTS_HASHES") or "{}")
FETCH_WEIGHTS = flag("HUB_FETCH_WEIGHTS", True)
TRAINING_GROUPS = 20  # distinct pictures a class needs
TRAINING_GROUPS_WELL = 50  # fewer are worth a warning
TRAINING_TEST_GROUPS = 5
FEATURES_DAYS = int(os.environ.get("HUB_FEATURES_DAYS", "90"))
WATCH_TARGET = 100
WATCH_MOST = 10_000
SHORTFALL_DAYS = 90  # how long a refusal counts as a wish
# One model trained by several workers: their host:port in order, the same on each, and which of them this is.
TRAINING_CLUSTER = [host for host in os.environ.get("HUB_TRAINING_CLUSTER", "").split(",") if host]
TRAINING_RANK = int(os.environ.get("HUB_TRAINING_RANK", "0"))

# Geocoding. Without a server of your own, countries and towns come from open data on this machine.
NOMINATIM_URL = os.environ.get("NOMINATIM_URL", "")
NOMINATIM_USER_AGENT = os.environ.get("NOMINATIM_USER_AGENT", "deep-images-hub")
# Real photos for tests and trials; never committed.
SAMPLE_DATA = Path(os.environ.get("HUB_SAMPLE_DATA", BASE_DIR.parent / "shared" / "data"))

# Security. Every page names no third party; a bucket of our own may serve pictures.
AWS = f"https://s3.{S3['region_name']}.amazonaws.com"
IMAGE_HOSTS = [S3["public_url"] or S3["endpoint_url"] or AWS] if USES_S3 else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", *IMAGE_HOSTS],
        "connect-src": [SELF, *IMAGE_HOSTS],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "hub.views.errors.csrf_failure"
# HUB_HTTP=1 is for a hub behind no TLS at all, in a trial on one machine.
TLS = not DEBUG and not flag("HUB_HTTP")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = TLS
if flag("HUB_BEHIND_PROXY"):
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # or every visitor would share the proxy's throttles
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso"),
            ],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(
                    [structlog.dev.ConsoleRenderer(colors=False)]
                    if os.environ.get("HUB_LOG", "text" if DEBUG else "json") == "text"
                    else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
                ),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Django would print its own lines a second time.
    "loggers": {"django": {"handlers": [], "propagate": True}, "hub": {"level": "INFO"}, "workers": {"level": "INFO"}},
}
