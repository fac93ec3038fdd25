"""Addresses of search."""

from django.urls import path

from . import followed_pages, gap_pages, own_names_pages, views

urlpatterns = [
    path("cerca/", views.results, name="search"),
    path("cerca/suggerimenti/", views.suggestions, name="suggestions"),
    path("cerca/mie/", followed_pages.own_searches, name="own_searches"),
    path("cerca/mie/cancella/", followed_pages.forget_recent, name="forget_recent"),
    path("cerca/mie/<int:pk>/togli/", followed_pages.unfollow, name="unfollow"),
    path("cerca/segui/", followed_pages.follow, name="follow"),
    path("cerca/mancanze/<int:pk>/", gap_pages.missing_page, name="missing_page"),
    path("rete/ricerche/", gap_pages.gap_list, name="gaps"),
    path("rete/ricerche/<int:pk>/", gap_pages.gap, name="gap"),
    path("rete/ricerche/evidenza/<int:pk>/togli/", gap_pages.take_pin_away, name="take_pin_away"),
    path("rubrica/enti/<slug:slug>/parole/", own_names_pages.own_names, name="own_names"),
    path("rubrica/enti/<slug:slug>/parole/<int:pk>/togli/", own_names_pages.take_away, name="take_own_name_away"),
]
