"""Search as Wagtail's own tutorial does it, and the tree."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.models import Page


def search(request: HttpRequest) -> HttpResponse:
    found = Page.objects.live().search(request.GET["q"])[:10]
    return render(request, "bare/search.html", {"found": found})


urlpatterns = [path("search/", search), path("", include(wagtail_urls))]
