"""Addresses of the rules of the network."""

from django.urls import path

from portal.pages.kind_list import kind_list

from . import adoption_pages, form_pages, joint_pages, matrix_pages, orphans, remark_pages, views
from .models import FormPage, ProcedurePage, ProtocolPage

urlpatterns = [
    path("protocolli/", kind_list, {"model": ProtocolPage, "section": "protocolli"}, name="protocols"),
    path("procedure/", kind_list, {"model": ProcedurePage, "section": "procedure"}, name="procedures"),
    path("moduli/", kind_list, {"model": FormPage, "section": "moduli"}, name="forms"),
    path("p/<slug:code>/recepimenti/<slug:body>/", adoption_pages.adoption, name="adoption"),
    path("norme/orfani/", orphans.orphans, name="orphans"),
    path("recepimenti/", matrix_pages.matrix, name="adoptions"),
    path("recepimenti/tabella.<slug:kind>", matrix_pages.sheet, name="adoptions_sheet"),
    path("recepimenti/<slug:body>/sollecita/", matrix_pages.remind, name="remind_adoption"),
    path("recepimenti/atti/<int:pk>/", adoption_pages.act, name="adoption_act"),
    path("firme/<int:pk>/", joint_pages.joint, name="joint_approval"),
    path("firme/<int:pk>/ritira/", joint_pages.take_back, name="take_back_joint_approval"),
    path("firme/regole/<slug:slug>/", joint_pages.signing_rule, name="signing_rule"),
    path("osservazioni/<int:pk>/", remark_pages.discussion, name="discussion"),
    path("osservazioni/<int:pk>/scrivi/<slug:place>/", remark_pages.write, name="write_remark"),
    path("osservazioni/una/<int:pk>/", remark_pages.remark, name="remark"),
    path("p/<slug:code>/edizioni/confronta/", views.choose_comparison, name="choose_comparison"),
    path("p/<slug:code>/edizioni/<path:old>/confronta/<path:new>/", views.compare, name="compare_editions"),
    path("p/<slug:code>/edizioni/<path:version>/pdf/", views.printed, name="printed_edition"),
    path("p/<slug:code>/edizioni/<path:version>/tascabile/", views.pocket_card, name="pocket_card"),
    path("p/<slug:code>/edizioni/<path:version>/modulo.<slug:kind>", form_pages.file, name="form_file"),
    path("copia/<str:token>/", views.verify, name="verify_copy"),
    path("p/<slug:code>/edizioni/<path:version>/", views.edition, name="edition"),
]
