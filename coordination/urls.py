"""Addresses of meetings, of the directory, and of the Comuni's rules."""

from django.urls import path

from . import hours, norm_pages, regulation_pages, shift_pages, views

urlpatterns = [
    path("riunioni/", views.meeting_list, name="meetings"),
    path("riunioni/azioni/<int:pk>/", views.action, name="action"),
    path("riunioni/azioni/<int:pk>/riapri/", views.reopen_action, name="reopen_action"),
    path("riunioni/<int:pk>.ics", views.meeting_calendar, name="meeting_calendar"),
    path("regolamenti/", regulation_pages.regulations_list, name="regulations"),
    path("regolamenti/<slug:slug>/", regulation_pages.regulation, name="regulation"),
    path("regolamenti/<slug:slug>/tabella.<slug:kind>", regulation_pages.regulation_sheet, name="regulation_sheet"),
    path("regolamenti/<slug:slug>/<slug:body>/", regulation_pages.body_rule, name="body_rule"),
    path("norme/", norm_pages.norm_list, name="norms"),
    path("norme/nuova/", norm_pages.add_norm, name="add_norm"),
    path("norme/<int:pk>/", norm_pages.norm, name="norm"),
    path("norme/<int:pk>/cambia/", norm_pages.change_norm, name="change_norm"),
    path("norme/obiettivi/nuovo/", norm_pages.add_objective, name="add_objective"),
    path("norme/obiettivi/<int:pk>/", norm_pages.objective, name="objective"),
    path("norme/obiettivi/<int:pk>/cambia/", norm_pages.change_objective, name="change_objective"),
    path("norme/progetti/nuovo/", norm_pages.add_project, name="add_project"),
    path("norme/progetti/<int:pk>/", norm_pages.project, name="project"),
    path("norme/progetti/<int:pk>/cambia/", norm_pages.change_project, name="change_project"),
    path("pagine/<int:pk>/ragioni/", norm_pages.reasons, name="reasons"),
    path("pagine/<int:pk>/ragioni/<int:reason_pk>/togli/", norm_pages.take_reason_away, name="take_reason_away"),
    path("rubrica/", views.directory, name="directory"),
    path("rubrica/servizi/<int:pk>/orari/", hours.service_hours, name="service_hours"),
    path("rubrica/servizi/<int:pk>/turni/", shift_pages.service_shifts, name="service_shifts"),
    path("rubrica/servizi/<int:pk>/turni/<int:shift_pk>/togli/", shift_pages.take_shift_away, name="take_shift_away"),
    path("rubrica/enti/<slug:slug>/", views.organisation, name="organisation"),
]
