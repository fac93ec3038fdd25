"""Addresses of search."""

from django.urls import path

from . import views

urlpatterns = [
    path("cerca/", views.results, name="search"),
    path("cerca/suggerimenti/", views.suggestions, name="suggestions"),
]
