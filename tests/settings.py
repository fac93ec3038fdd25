"""Settings of the tests: the portal's own, on a data folder of their own, with a fast password hash."""

import gc
import os
import tempfile

# One folder for each process of a parallel run: they inherit the environment of the first.
os.environ["DATA_DIR"] = os.environ.get("PREPARED") or tempfile.mkdtemp(
    prefix=f"raccordo-test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-"
)
os.environ["DEMO"] = "1"

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES, REDIS_URL, STATIC_ROOT, STORAGES
from portal.settings import Q_CLUSTER as QUEUE

# What is imported stays: to look for garbage meanwhile is a third of the time of a start. On again in `conftest.py`.
gc.disable()
DATABASES["default"]["TEST"] = {"SERIALIZE": False}  # no test wants the demo as text
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WAGTAILADMIN_BASE_URL = BASE_URL = "http://testserver"
ACCOUNT_RATE_LIMITS = False
WHITENOISE_AUTOREFRESH = True  # each `Client` is a server that starts: else it looks for all static files
SEARCH_URL = ""  # a test's own index may lie on the server (tests/own_index.py); whatever is only read, never
STATIC_ROOT.mkdir(exist_ok=True)  # else WhiteNoise warns, and a warning fails a test
# The tests look into the queue, which only the broker in the database lets them do.
Q_CLUSTER = {**{key: value for key, value in QUEUE.items() if key != "redis"}, "orm": "default"}
if REDIS_URL:
    # A database of its own for each process of a parallel run: clearing a cache empties the whole database.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) + 1
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"{REDIS_URL.rsplit('/', 1)[0]}/{number}",
        }
    }
