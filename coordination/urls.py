"""Addresses of meetings and of the directory."""

from django.urls import path

from . import views

urlpatterns = [
    path("riunioni/", views.meeting_list, name="meetings"),
    path("riunioni/azioni/<int:pk>/", views.action, name="action"),
    path("riunioni/azioni/<int:pk>/riapri/", views.reopen_action, name="reopen_action"),
    path("riunioni/<int:pk>.ics", views.meeting_calendar, name="meeting_calendar"),
    path("rubrica/", views.directory, name="directory"),
    path("rubrica/enti/<slug:slug>/", views.organisation, name="organisation"),
]
