"""What somebody typed and the portal could not take, to be given back."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError

SECRET = ("password", "code", "token")  # is typed again; the token against forgeries goes along
TOKEN = "csrfmiddlewaretoken"  # noqa: S105


def given_back(request: HttpRequest) -> dict[str, Any]:
    """For a template: every field, the texts among them, and whether files are to be chosen again."""
    fields = _sent(request)
    texts = [value for name, value in fields if name != TOKEN and is_text(value)]
    return {
        "is_act": request.method == "POST", "path": request.get_full_path(), "fields": fields, "texts": texts,
        "has_files": bool(fields) and bool(request.FILES),
    }  # fmt: skip


def unsent(request: HttpRequest) -> dict[str, Any]:
    """For the page of a door that is closed: the texts that came to it, where a page of ours sent them."""
    is_ours = request.method == "POST" and is_from_here(request)
    return {"unsent": given_back(request)["texts"] if is_ours else []}


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """All that was sent, but for what is secret; nothing where the request itself did not arrive whole."""
    try:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
    except (OSError, BadRequest, MultiPartParserError, UnreadablePostError, RawPostDataException):
        return []
    return [(name, value) for name, value in sent if name == TOKEN or not any(word in name for word in SECRET)]


def is_text(value: str) -> bool:
    """What a person wrote, as opposed to numbers, choices and what the editor keeps for itself."""
    plain = value.strip()
    return len(plain.split()) > 1 and not plain.startswith(("{", "["))


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of ours sent it, which no other site can make it say."""
    return request.headers.get("origin") == f"{request.scheme}://{request.get_host()}"
