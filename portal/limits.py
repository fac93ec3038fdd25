"""Doors that cost much, or that strangers knock at: each opens so many times a minute to one person or one address."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from . import security_log

MINUTE = 60
View = Callable[..., HttpResponseBase]


def limited(action: str, *, strangers_only: bool = False) -> Callable[[View], View]:
    """As often as ACCOUNT_RATE_LIMITS says of the action, readings too; who has an account is counted by it."""

    def limit(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            known = request.user.is_authenticated
            if known and strangers_only:
                return view(request, *args, **kwargs)
            key = f"person:{request.user.pk}" if known else f"address:{ratelimit.get_ip(request)}"
            if ratelimit.consume(request, app="allauth.account", action=action, key=key, limit_get=True) is None:
                return too_many(request)
            return view(request, *args, **kwargs)

        return counted

    return limit


def too_many(request: HttpRequest) -> HttpResponse:
    """429: in a minute it opens again."""
    security_log.note("too_many", method=request.method, path=request.path)
    answer = render(request, "429.html", status=429)
    answer["Retry-After"] = str(MINUTE)
    return answer
