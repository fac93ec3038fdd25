"""Addresses of training."""

from django.urls import path

from . import views

urlpatterns = [
    path("formazione/", views.path_list, name="training"),
    path("formazione/lezioni/<int:pk>/fatta/", views.finish_lesson, name="finish_lesson"),
]
