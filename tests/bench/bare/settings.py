"""A bare Wagtail site: what Raccordo is measured against."""

import os

SECRET_KEY = "only-for-measuring"
ALLOWED_HOSTS = ["localhost"]
DEBUG = False
INSTALLED_APPS = [
    "tests.bench.bare", "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.documents", "wagtail.images",
    "wagtail.search", "wagtail.admin", "wagtail", "modelcluster", "taggit", "django.contrib.auth",
    "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
]  # fmt: skip
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]  # fmt: skip
ROOT_URLCONF = "tests.bench.bare.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.environ["DATA_DIR"], "bare")}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAIL_SITE_NAME = "Bare"
STATIC_URL = "/static/"
USE_TZ = True
BEHIND_PROXY = False  # asked by the server, which is the portal's own
