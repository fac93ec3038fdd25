"""Addresses of search."""

from django.urls import path

from . import own_names_pages, views

urlpatterns = [
    path("cerca/", views.results, name="search"),
    path("cerca/suggerimenti/", views.suggestions, name="suggestions"),
    path("rubrica/enti/<slug:slug>/parole/", own_names_pages.own_names, name="own_names"),
    path("rubrica/enti/<slug:slug>/parole/<int:pk>/togli/", own_names_pages.take_away, name="take_own_name_away"),
]
