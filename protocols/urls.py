"""Addresses of the rules of the network."""

from django.urls import path

from portal.pages.kind_list import kind_list

from . import views
from .models import FormPage, ProcedurePage, ProtocolPage

urlpatterns = [
    path("protocolli/", kind_list, {"model": ProtocolPage, "section": "protocolli"}, name="protocols"),
    path("procedure/", kind_list, {"model": ProcedurePage, "section": "procedure"}, name="procedures"),
    path("moduli/", kind_list, {"model": FormPage, "section": "moduli"}, name="forms"),
    path("p/<slug:code>/edizioni/<path:version>/", views.edition, name="edition"),
]
