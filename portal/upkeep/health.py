"""`/salute/`: what a monitor asks. To strangers it says ok or not, and nothing of why."""

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from . import doctor

KNOWN_FOR = 10  # seconds: asking often costs nothing
KEY = "salute-pronto"


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The web server answers; it asks nobody else."""
    return _answer(True)


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Database, queue, index and disk: people can work."""
    try:
        is_ready = cache.get(KEY)
        if is_ready is None:
            is_ready = not any(fault.is_grave for fault in doctor.examine(doctor.READY))
            cache.set(KEY, is_ready, KNOWN_FOR)
    except RedisError:
        is_ready = False
    return _answer(is_ready)


def _answer(is_well: bool) -> HttpResponse:
    words, status = ("ok\n", 200) if is_well else ("non ok\n", 503)
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
