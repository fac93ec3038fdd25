"""Settings of Raccordo: one file, read from the environment, safe by default.

`DATA_DIR` holds everything that is written: database, files, index, mails, and `raccordo.env`,
the settings that `manage.py setup_network` keeps. `DEMO=1` is what `make run` sets.
"""

import atexit
import gc
import os
import tomllib
from pathlib import Path

import environ

from portal.files import bucket_address

os.umask(0o077)  # whatever is written is its user's alone
# What is imported stays: to look through it for garbage at every 700 new objects is a sixth of the time of a start.
gc.set_threshold(50_000, 10, 10)
atexit.register(gc.freeze)  # and to look through it once more as the process ends is a third of a short command

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
(DATA_DIR / "static").mkdir(parents=True, exist_ok=True)
env.read_env(DATA_DIR / "raccordo.env", overwrite=False)

# Imports only to the left: portal ← coordination ← protocols ← training ← search.
LAYERS = ["portal", "coordination", "protocols", "training", "search"]

DEMO = env.bool("DEMO", default=False)
DEMO_SECRET_KEY = "raccordo-demo-key-known-to-everybody-and-refused-outside-the-demo"  # noqa: S105
DEMO_PASSWORD = "raccordo-demo"  # noqa: S105
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default=DEMO_SECRET_KEY if DEMO else "")
# Keys that it replaced: what they closed is still opened with them, and closed with the one of today.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEMO else [])
BASE_URL = env("BASE_URL", default=f"http://localhost:{env('PORT', default='8000')}")
HAS_BASE_URL = "BASE_URL" in env.ENVIRON  # the default would do for the demo alone
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

INSTALLED_APPS = [
    *LAYERS,
    "wagtail.embeds",
    "portal.apps.PeopleConfig",
    "wagtail.contrib.settings",
    "wagtail.snippets",
    "wagtail.contrib.typed_table_block",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.sites",
    "wagtail.search",
    "portal.apps.AdminConfig",
    "wagtail",
    "modelcluster",
    "taggit",
    "guardian",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "bootstrap_italia_template",
    "django.contrib.humanize",
    "django.forms",  # its templates, for `FORM_RENDERER`
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "portal.upkeep.logs.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.upkeep.maintenance.MaintenanceMiddleware",
    "portal.middleware.CompressedPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.KeptMiddleware",
    "portal.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.second_factor.SecondFactorMiddleware",
    "portal.pages.interrupted.InterruptedMiddleware",
    "portal.middleware.NullCharacterMiddleware",
    "portal.middleware.AnnouncedMiddleware",
    "portal.wagtail_admin.scope.AdminScopeMiddleware",
    "portal.files.leftovers.LeftoverFilesMiddleware",
    "portal.middleware.EachAnswerMiddleware",
    "portal.middleware.RefusalMiddleware",
    "portal.middleware.PrivateCacheMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
FORM_RENDERER = "portal.form_renderer.PortalFields"
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
                "portal.frame.frame",
            ],
            "builtins": ["portal.templatetags.kept_urls"],
        },
    },
]

# Database: SQLite in WAL for one machine; any DATABASE_URL (PostgreSQL) when it is outgrown.
# IMMEDIATE and a long timeout: without them concurrent writers fail with "database is locked".
DATABASE_URL = env("DATABASE_URL", default="")
DATABASES = {"default": env.db_url_config(DATABASE_URL or f"sqlite:///{DATA_DIR / 'raccordo.sqlite3'}")}
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
# FULL: what was answered as saved outlives a power cut. It costs 4 ms a commit on the disk that was measured, NORMAL
# none; the demonstration may lose its last second.
if SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={'NORMAL' if DEMO else 'FULL'};",
    }
DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

WEB_PROCESSES = env.int("WEB_PROCESSES", default=1 if DEMO else os.cpu_count() or 1)
REDIS_URL = env("REDIS_URL", default="")
# What forgets early forgets wrong passwords: nobody can invent as many names as that in a minute.
MANY = {"OPTIONS": {"MAX_ENTRIES": 10_000}}
CACHES = {
    "default": (
        {"BACKEND": "portal.accounts.counters.CountersInRedis", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "portal.accounts.counters.Counters", "LOCATION": DATA_DIR / "cache", **MANY}
        if WEB_PROCESSES > 1  # they count the same wrong passwords
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", **MANY}
    )
}


def patient(url: str) -> str:
    """The address of a Redis for which nobody waits for ever; its workers wait a second for each task."""
    return f"{url}{'&' if '?' in url else '?'}socket_connect_timeout=2&socket_timeout=5"


# django-q2 delivers at least once; portal/background/jobs.py makes every task safe to run twice.
Q_CLUSTER = {
    "name": "raccordo",
    "workers": 2,
    "timeout": 300,
    "retry": 420,
    "ack_failures": True,
    "max_attempts": 3,
    "bulk": 1,
    "queue_limit": 2,
    "poll": 0.5,
    "catch_up": False,
    "label": "Lavori",
    # A lane each (portal/models/jobs.py): one file at a time, because each may take a gigabyte and a processor.
    "ALT_CLUSTERS": {
        "posta": {"workers": 2, "poll": 1},
        "file": {"workers": 1, "queue_limit": 1, "poll": 1},
        "senso": {"workers": 1, "queue_limit": 1, "poll": 2},
    },
    **({"redis": patient(REDIS_URL)} if REDIS_URL else {"orm": "default"}),
}

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "portal.accounts.authentication.ValidityBackend",
    "guardian.backends.ObjectPermissionBackend",
]
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "portal.accounts.authentication.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "portal.accounts.authentication.NotTheDemoPassword"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.authentication.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "login": "portal.accounts.login_forms.LoginForm",
    "change_password": "portal.accounts.login_forms.ChangePasswordForm",
    "set_password": "portal.accounts.login_forms.SetPasswordForm",
    "reset_password": "portal.accounts.password_reset.AskForPassword",
    "reset_password_from_key": "portal.accounts.login_forms.ResetPasswordKeyForm",
}
PASSWORD_RESET_TIMEOUT = 2 * 60 * 60
# Wrong passwords are counted for each person at each address, and for each person at the browsers that know the
# person; nobody waits longer than a minute (`people.AccountAdapter`). An address with many failures closes to nobody:
# from then on each person has one try a minute there. Beyond what any office types, strange browsers wait.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_unknown": "300/m/ip",
    "login_failed": "6/m/key",
    "login_failed_address": "60/m/ip",
    "login_failed_crowded": "1/m/key",
    "login_failed_here": "12/m/key",
    "report": "5/h/ip",
    "report_known": "20/h/user",
    "outsider": "120/m/ip",
    "outsider_missed": "20/m/ip",
    "search": "60/m/key",  # of who has no account; what is behind one address may be a whole office
    "suggestions": "300/m/key",
    "copy": "60/m/key",
    "comparison": "60/m/key",
    "table": "20/m/key",
}
MFA_ADAPTER = "portal.accounts.sealed_secrets.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Raccordo"
# Whose password alone opens nothing; in the demo everybody tries everything.
SECOND_FACTOR_FOR = env.list("SECOND_FACTOR_FOR", default=[] if DEMO else ["administrators", "coordinators"])

# People of an organisation that has accounts of its own enter with those too (portal/accounts/sign_on.py).
OIDC_SERVER_URL = env("OIDC_SERVER_URL", default="")
OIDC_CLIENT_ID = env("OIDC_CLIENT_ID", default="")
OIDC_NAME = env("OIDC_NAME", default="")  # as people call it; empty: the account of one's organisation
OIDC_DOMAINS = [domain.lower() for domain in env.list("OIDC_DOMAINS", default=[])]
# An aggregator of SPID and CIE proves the address and may not say so; who says that it is not proven is never believed.
OIDC_EMAIL_IS_PROVEN = env.bool("OIDC_EMAIL_IS_PROVEN", default=False)
SOCIALACCOUNT_ADAPTER = "portal.accounts.sign_on.SocialAccountAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that leads elsewhere is what our own policy of content forbids
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "ente", "name": OIDC_NAME or "ente", "client_id": OIDC_CLIENT_ID,
                "secret": env("OIDC_CLIENT_SECRET", default=""), "settings": {"server_url": OIDC_SERVER_URL},
            }
        ] if OIDC_SERVER_URL else [],
    }
}  # fmt: skip

LANGUAGE_CODE = "it"
LANGUAGES = [("it", "Italiano")]
FORMAT_MODULE_PATH = ["portal.words.formats"]  # days as Italians type them
TIME_ZONE = "Europe/Rome"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS: list[str] = []
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_URL = "/media/"
WHITENOISE_USE_FINDERS = DEMO
STORAGES = {
    "default": {"BACKEND": "portal.files.storage.PrivateStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEMO
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
# Files lie beside the data, unless FILES_URL names a bucket: s3[+http]://key:secret@host[:port]/bucket[?region=…]
FILES_URL = env("FILES_URL", default="")
if FILES_URL:
    STORAGES["default"] = bucket_address.read(FILES_URL)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# The index lies beside the data, unless SEARCH_URL names an Elasticsearch 8: http[s]://[user:password@]host[:port][/name][?ca=FILE]
SEARCH_URL = env("SEARCH_URL", default="")
SEARCH_INDEX_DIR = DATA_DIR / "index"
# Search by meaning too: what requirements-meaning.lock installs is needed, else one searches by words alone.
SEARCH_MEANING = env.bool("SEARCH_MEANING", default=False)

# A folder on another disk: a copy is made there every day from this hour on (portal/upkeep/backup.py).
BACKUP_TO = env("BACKUP_TO", default="")
BACKUP_HOUR = env.int("BACKUP_HOUR", default=2)
# How many are kept: the newest of each of the last days, weeks and months.
BACKUP_KEEP = env.list("BACKUP_KEEP", cast=int, default=[7, 5, 12])

WAGTAIL_SITE_NAME = "Raccordo"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAILADMIN_EXTERNAL_LINK_CONVERSION = ""
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAIL_TIME_FORMAT = "%H:%M"
WAGTAIL_AUTOSAVE_INTERVAL = 2000
WAGTAIL_WORKFLOW_ENABLED = True
WAGTAIL_WORKFLOW_CANCEL_ON_PUBLISH = False  # `workflow.on_publishing` ends a request, with an answer
WAGTAIL_FINISH_WORKFLOW_ACTION = "portal.pages.publish_approved.publish_approved_revision"
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False
WAGTAILADMIN_COMMENTS_ENABLED = False  # their mails ask no permission: whoever has left a space would get them
WAGTAILADMIN_RICH_TEXT_EDITORS = {"default": {"WIDGET": "portal.pages.rich_text.RichTextArea"}}
WAGTAILIMAGES_IMAGE_MODEL = "portal.Image"
WAGTAILDOCS_DOCUMENT_MODEL = "portal.Document"
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "portal.files.uploads.DocumentForm"
WAGTAILIMAGES_IMAGE_FORM_BASE = "portal.files.uploads.ImageForm"
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 25_000_000  # a larger one costs the web process hundreds of megabytes
WAGTAILDOCS_EXTENSIONS = [
    "pdf", "docx", "odt", "xlsx", "ods", "pptx", "rtf", "html", "eml", "txt", "csv", "p7m", "png", "jpg", "jpeg",
]  # fmt: skip
WAGTAILDOCS_MAX_UPLOAD_SIZE = 50 * 1024 * 1024
LARGEST_BODY = WAGTAILDOCS_MAX_UPLOAD_SIZE + 2 * 1024 * 1024  # with what stands in the form beside the file
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
TAGGIT_CASE_INSENSITIVE = True

EMAIL_URL = env("EMAIL_URL", default="")
if EMAIL_URL:
    found = env.email_url("EMAIL_URL")
    if found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
        found["EMAIL_BACKEND"] = "portal.notices.mail_server.EmailBackend"
    vars().update(found)
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 10  # seconds, for each answer of the mail server
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Raccordo <raccordo@raccordo.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Strict: nothing inline, nothing from outside. Wagtail's admin gets an exception (portal/middleware.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],  # the theme's stylesheet embeds one, which Chromium loads whether used or not
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}

# HTTPS where the address says so; `make run` serves plain HTTP on the loopback.
HTTPS = BASE_URL.startswith("https://")
# Behind a proxy the server believes what that proxy alone says of the visitor (portal/background/launcher.py).
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
TRUSTED_PROXY = env("TRUSTED_PROXY", default="127.0.0.1")  # its address, as the server sees it
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1)  # how many stand one behind the other
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^salute/"]  # a monitor on the machine itself asks without HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # no other name of the domain can put one in their place
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_ENGINE = "portal.accounts.session_store"
SESSION_COOKIE_AGE = 60 * 60 * 12
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # wants DENY; Wagtail previews a page in a frame of the same site
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "portal.pages.interrupted.csrf_failure"

# Of an address the log keeps its pattern alone (portal/upkeep/logs.py); errors are written down by kind.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "portal.upkeep.logs.Line", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "portal.upkeep.logs.Record"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env("LOG_FORMAT", default="line" if DEMO else "json"),
        },
        "notebook": {"class": "portal.upkeep.notebook.Notebook", "level": "ERROR"},
    },
    "root": {"handlers": ["console", "notebook"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "portal.security": {"level": "WARNING" if DEMO else "INFO"},  # the demo's own loading would fill the screen
        "portal.requests": {"level": env("LOG_REQUESTS", default="WARNING" if DEMO else "INFO")},
        # It writes whole addresses, of what was not found and of each 503; faults stand there by `portal.errors`.
        "django.request": {"level": "CRITICAL"},
        "django": {"handlers": [], "level": "WARNING"},  # Django's own mail to administrators holds the request
    },
}
