"""Addresses: Italian and lasting."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access
from wagtail.views import serve

from . import views
from .accounts import (
    body_pages,
    coordinator_pages,
    delegation_pages,
    invitation_pages,
    own_data_pages,
    people_file_pages,
    people_pages,
    profile,
    second_factor,
    sessions,
    sign_on,
    vocabulary_pages,
    working_life_pages,
)
from .files import serving, version_pages
from .notices import digest_preference, faq_pages, outbox, problem_pages, reading_pages, review_pages
from .pages import (
    approval_page,
    bin_pages,
    interrupted,
    news_writing,
    page_files,
    quick_changes,
    seen_as,
    trial_page,
    writing,
)
from .pages.addresses import CODE_ADDRESS
from .pages.from_word import views as from_word
from .pages.withdrawing import WithdrawView
from .personal_data import report_pages
from .spaces import export_pages, listing, opening_pages, outsider_pages, sharing
from .upkeep import health, status
from .wagtail_admin.own_account import account
from .words import glossary_pages

handler400 = "portal.errors.not_understood"
handler403 = "portal.errors.refused"
handler404 = "portal.views.not_found"
handler500 = "portal.errors.failed"
to_login = RedirectView.as_view(pattern_name="account_login", query_string=True)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("novita/", views.news, name="news"),
    path("novita/viste/", views.news_seen, name="news_seen"),
    # All of Wagtail's doors lead to the one login: its own would not ask for the second factor.
    path("admin/login/", to_login),
    path("_util/login/", to_login),
    re_path(r"^admin/password_reset/", RedirectView.as_view(pattern_name="account_reset_password")),
    # Wagtail's catalogue for scripts, with our words over it.
    path(
        "admin/jsi18n/",
        JavaScriptCatalog.as_view(packages=["wagtail.admin", "portal"]),
        name="wagtailadmin_javascript_catalog",
    ),
    path("admin/account/", account, name="admin_account"),
    path("admin/pages/<int:page_id>/unpublish/", require_admin_access(WithdrawView.as_view()), name="withdraw"),
    path("admin/", include(wagtailadmin_urls)),
    # The address is the login, given with the account: nobody changes an own one.
    path("accesso/email/", RedirectView.as_view(pattern_name="profile"), name="account_email"),
    path("accesso/", include("allauth.account.urls")),
    path("accesso/secondo-fattore/", include("allauth.mfa.urls")),
    path("accesso/oidc/<slug:provider_id>/login/", sign_on.begin, name="openid_connect_login"),
    path("accesso/oidc/<slug:provider_id>/login/callback/", sign_on.come_back, name="openid_connect_callback"),
    path("spazi/", listing.space_list, name="spaces"),
    path("spazi/<slug:slug>/notizia/", news_writing.write_news, name="write_news"),
    path("spazi/<slug:slug>/notizia/bozza/", news_writing.keep_news, name="keep_news"),
    path("spazi/<slug:slug>/nuovo/", writing.new_page, name="new_page"),
    path("spazi/<slug:slug>/da-word/", from_word.upload, name="from_word"),
    path("spazi/<slug:slug>/da-word/tabella/<int:pk>/", from_word.table, name="word_table"),
    path("spazi/<slug:slug>/da-word/<int:pk>/", from_word.document_page, name="word_document"),
    path("spazi/<slug:slug>/da-word/<int:pk>/immagini/<int:number>/", from_word.picture, name="word_picture"),
    path("spazi/<slug:slug>/cestino/", bin_pages.shown, name="bin"),
    path("spazi/<slug:slug>/cestino/<int:pk>/rimetti/", bin_pages.put_back, name="put_back"),
    path("spazi/<slug:slug>/esporta/", export_pages.take_away, name="take_space_away"),
    path("spazi/<slug:slug>/esporta/<int:pk>/", export_pages.fetch, name="fetch_space"),
    path("spazi/<slug:slug>/condivisione/", sharing.sharing, name="sharing"),
    path("spazi/<slug:slug>/condivisione/<int:pk>/", sharing.change_role, name="change_role"),
    path("spazi/<slug:slug>/condivisione/chi-legge/", opening_pages.change_visibility, name="change_visibility"),
    path("spazi/<slug:slug>/condivisione/come/", sharing.seen_as, name="seen_as"),
    path("spazi/<slug:slug>/condivisione/pagine/", sharing.share, name="share"),
    path("spazi/<slug:slug>/condivisione/pagine/<int:pk>/", sharing.unshare, name="unshare"),
    path("spazi/<slug:slug>/condivisione/esterni/", outsider_pages.give, name="give_outsider"),
    path("spazi/<slug:slug>/condivisione/esterni/permetti/", outsider_pages.allow, name="allow_outsiders"),
    path("spazi/<slug:slug>/condivisione/esterni/<int:pk>/", outsider_pages.revoke, name="revoke_outsider"),
    path("esterni/<str:token>/", outsider_pages.open_page, name="outsider"),
    path("esterni/<str:token>/file/<int:pk>/", outsider_pages.open_file, name="outsider_file"),
    path("esterni/<str:token>/immagini/<path:path>", outsider_pages.open_picture, name="outsider_picture"),
    path("rete/", views.network_desk, name="network_desk"),
    path("rete/coordinatori/", coordinator_pages.coordinator_list, name="coordinators"),
    path("rete/coordinatori/<int:pk>/fine/", coordinator_pages.end_coordinator, name="end_coordinator"),
    path("rete/spazi/", opening_pages.network_spaces, name="network_spaces"),
    path("rete/spazi/apri/", opening_pages.open_space, name="open_space"),
    path("rete/spazi/<int:pk>/", opening_pages.change_space, name="change_space"),
    path("rete/spazi/<int:pk>/chiudi/", opening_pages.close_space, name="close_space"),
    path("rete/persone/", people_pages.network_people, name="network_people"),
    path("rete/persone/invita/", invitation_pages.invite, name="invite"),
    path("rete/persone/da-file/", people_file_pages.invite_from_file, name="invite_from_file"),
    path("rete/persone/da-file/persone.csv", people_file_pages.people_table, name="people_table"),
    path("rete/persone/<int:pk>/", people_pages.person_card, name="person_card"),
    path("rete/persone/<int:pk>/invito/", invitation_pages.invitation_act, name="invitation_act"),
    path("rete/persone/<int:pk>/lascia-finire/", people_pages.let_account_end, name="let_account_end"),
    path("rete/persone/<int:pk>/ente/", working_life_pages.move_person, name="move_person"),
    path(
        "rete/persone/<int:pk>/ente/<int:placement_pk>/togli/",
        working_life_pages.take_back_placement,
        name="take_back_placement",
    ),  # fmt: skip
    path("rete/persone/<int:pk>/assenza/", working_life_pages.absence, name="absence"),
    path("rete/persone/<int:pk>/assenza/<int:absence_pk>/fine/", working_life_pages.end_absence, name="end_absence"),
    path("rete/persone/<int:pk>/spazi/<int:space_pk>/", working_life_pages.name_manager, name="name_manager"),
    path("rete/persone/<int:pk>/uscita/", working_life_pages.hand_over, name="hand_over"),
    path("rete/persone/<int:pk>/riapri/", working_life_pages.reopen_account, name="reopen_account"),
    path("rete/glossario/", glossary_pages.glossary, name="glossary"),
    path("rete/glossario/nuovo/", glossary_pages.add_term, name="add_term"),
    path("rete/glossario/<int:pk>/", glossary_pages.change_term, name="change_term"),
    path("rete/glossario/<int:pk>/togli/", glossary_pages.take_term_away, name="take_term_away"),
    path("rete/parole/<slug:kind>/", vocabulary_pages.vocabulary, name="vocabulary"),
    path("invito/<str:token>/", invitation_pages.accept_invitation, name="accept_invitation"),
    path("prime-cose/", invitation_pages.greeted, name="greeted"),
    path("rete/enti/", body_pages.network_bodies, name="network_bodies"),
    path("rete/enti/nuovo/", body_pages.add_body, name="add_body"),
    path("rete/persone/<int:pk>/nome/", own_data_pages.decide_name, name="decide_name"),
    path("rete/enti/<slug:slug>/deleghe/", delegation_pages.body_delegations, name="body_delegations"),
    path("rete/deleghe/<int:pk>/fine/", delegation_pages.end_delegation, name="end_delegation"),
    path("profilo/dati/", own_data_pages.own_data_page, name="own_data"),
    path("profilo/dati/file/", own_data_pages.own_data_file, name="own_data_file"),
    path("rete/enti/<slug:slug>/", body_pages.change_body, name="change_body"),
    path("pagine/<int:pk>/vedi-come/", seen_as.page_seen_as, name="page_seen_as"),
    path("spazi/<slug:slug>/file/", page_files.space_files, name="space_files"),
    path("pagine/<int:pk>/file/", page_files.page_files, name="page_files"),
    path("pagine/<int:pk>/file/<int:document_id>/", page_files.replace_file, name="replace_file"),
    path("pagine/<int:pk>/file/proposti/<int:proposal>/", page_files.proposed_file, name="proposed_file"),
    path("pagine/<int:pk>/file/proposti/<int:proposal>/togli/", page_files.take_back, name="take_back_file"),
    path("pagine/<int:pk>/bozza/<str:about>/", quick_changes.keep_words, name="keep_page_words"),
    path("approvazioni/<int:pk>/", approval_page.decide, name="approval"),
    path("pagine/<int:pk>/prova/", trial_page.trial_page, name="trial"),
    path("documenti/<int:pk>/versioni/", version_pages.file_versions, name="file_versions"),
    path("documenti/<int:pk>/versioni/<int:number>/", version_pages.file_version, name="file_version"),
    path("documenti/<int:pk>/versioni/<int:number>/<str:filename>", version_pages.earlier_file, name="earlier_file"),
    re_path(r"^documenti/([0-9]{1,18})/(.*)$", serving.document, name="wagtaildocs_serve"),
    path("media/<path:path>", serving.media, name="media"),
    path("rubrica/persone/<int:pk>/", profile.person, name="person"),
    path("sessione/", writing.session, name="session"),
    path("sessione/scritto/", interrupted.interrupted, name="interrupted"),
    path("profilo/", profile.profile, name="profile"),
    path("profilo/accessi/", sessions.sessions, name="sessions"),
    path("profilo/accessi/<int:pk>/chiudi/", sessions.end_session, name="end_session"),
    path("secondo-fattore/", second_factor.second_factor, name="second_factor"),
    path("profilo/digest/", digest_preference.digest_preference, name="digest_preference"),
    path("digest/stop/<str:token>/", digest_preference.digest_stop, name="digest_stop"),
    path("dati-personali/segnala/", report_pages.report, name="report_personal_data"),
    path("dati-personali/<int:pk>/", report_pages.personal_data, name="personal_data"),
    path("segnala/", problem_pages.report_problem, name="report_problem"),
    path("segnala/<int:pk>/", problem_pages.problem, name="problem"),
    path("segnala/<int:pk>/quesito/", faq_pages.write_faq, name="write_faq"),
    path("letture/<int:pk>/", reading_pages.reading, name="reading"),
    path("letture/<int:pk>/firma/", reading_pages.sign, name="sign"),
    path("letture/<int:pk>/firme.csv", reading_pages.sheet, name="reading_sheet"),
    path("letture/firme/<int:pk>/nota/", reading_pages.note, name="reading_note"),
    path("letture/richieste/<int:pk>/fine/", reading_pages.end, name="end_reading"),
    path("revisioni/", review_pages.due_list, name="reviews_due"),
    path("revisioni/<int:pk>/", review_pages.review, name="review"),
    path("revisioni/<int:pk>/conferma/", review_pages.confirm, name="confirm_review"),
    path("revisioni/<int:pk>/rinvia/", review_pages.postpone, name="postpone_review"),
    path("salute/", health.alive, name="alive"),
    path("salute/pronto/", health.ready, name="ready"),
    path("stato/", status.status, name="status"),
    path("stato/lavori/<int:pk>/riprova/", status.retry, name="retry_job"),
    path("posta-inviata/", outbox.sent_mail, name="sent_mail"),
    path("accessibilita/", views.accessibility, name="accessibility"),
    path("riservatezza/", views.privacy, name="privacy"),
    # The packages' own addresses; a package without one has no urls.py.
    *(path("", include(f"{name}.urls")) for name in settings.LAYERS[1:]),
    # Codes as people write them, «PR 02» or «pr/2»: Wagtail's own pattern knows letters and hyphens alone.
    re_path(rf"^({CODE_ADDRESS}/.+/)$", serve, name="code"),
    path("", include(wagtail_urls)),
]
