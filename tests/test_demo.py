"""The demonstration network is whole, real and nobody's copy."""

import re
from collections import Counter
from pathlib import Path

from django.utils.html import strip_tags
from wagtail.models import Page

from coordination.models import MeetingPage, ServicePage
from portal import access
from portal.demo import PEOPLE, local_part
from portal.models import Document, Organisation, Space, Term, User
from portal.models.activity import Activity, Verb
from portal.models.media import ReadingState
from portal.models.pages import PortalPage
from protocols.models import Edition, FormPage, ProcedurePage, ProtocolPage
from training.models import LessonPage, ModulePage


def words_of(page: PortalPage) -> int:
    sections = " ".join(section.text for section in page.sections())
    return len(f"{page.summary_text()} {sections}".split())


def test_the_network_is_the_one_that_was_planned(db):
    assert Organisation.objects.filter(kind="comune").count() == 9
    assert Space.objects.count() == 8
    assert [page.code for page in ProtocolPage.objects.live().order_by("slug")] == [
        f"PR-{number:02}" for number in range(1, 13)
    ]
    assert ProcedurePage.objects.live().count() == FormPage.objects.live().count() == 12
    assert ModulePage.objects.live().count() == 6 and LessonPage.objects.live().count() == 24
    assert MeetingPage.objects.live().count() == 13
    assert ServicePage.objects.filter(service_kind="sportello comunale").count() == 9
    assert Term.objects.count() >= 170
    assert Edition.objects.filter(page__slug="pr-02").count() == 3


def test_whoever_published_a_page_may_publish_there(db):
    acts = Activity.objects.filter(verb=Verb.PUBLISHED).select_related("by", "page")
    assert acts.count() > 100
    strangers = {str(act): act.by for act in acts if "approve" not in access.acts_on(act.by, act.page)}
    assert strangers == {}
    editions = Edition.objects.exclude(published_by=None).select_related("published_by", "page")
    assert editions.count() >= 36
    assert [str(each) for each in editions if "approve" not in access.acts_on(each.published_by, each.page)] == []


def test_every_account_enters_with_the_demo_password_and_no_other(db):
    assert User.objects.count() == len(PEOPLE) + 1
    for first, last, *_rest in PEOPLE:
        user = User.objects.get(email=f"{local_part(first, last)}@raccordo.example")
        assert user.check_password("raccordo-demo") and not user.check_password("raccordo")


def test_protocols_and_procedures_say_enough(db):
    for page in [*ProtocolPage.objects.live(), *ProcedurePage.objects.live()]:
        assert words_of(page) >= 150, page.code
    for protocol in ProtocolPage.objects.live():
        assert len(protocol.sections()) == 8, protocol.code


def test_no_two_pages_share_a_paragraph(db):
    seen: Counter[str] = Counter()
    for page in Page.objects.live().specific():
        if isinstance(page, PortalPage):
            paragraphs = {
                " ".join(strip_tags(part).split())
                for section in page.sections()
                for part in re.split(r"\n+", section.text)
                if len(part.split()) > 8
            }
            seen.update(paragraphs)
    assert sum(seen.values()) > 300
    assert [paragraph for paragraph, count in seen.items() if count > 1] == []


def test_the_forms_are_real_files_whose_text_was_read(db):
    files = Document.objects.all()
    assert {file.file_extension for file in files} >= {"odt", "docx", "pdf", "p7m"}
    for file in files:
        assert file.reading_state == ReadingState.READ, (file.filename, file.reading_problem)
        assert file.sha256 and any(page.strip() for page in file.text_pages)
    signed = [file for file in files if file.filename.endswith(".p7m")]
    assert signed and all(signature["intact"] for file in signed for signature in file.signatures)


def test_a_draft_waits_for_approval_and_an_expired_page_is_not_read(as_, person):
    assert "PR-09" in as_("director").get("/").content.decode()
    assert as_("worker").get("/p/PR-09/").status_code == 200
    assert "1.1" not in as_("worker").get("/p/PR-09/").content.decode().split("Edizioni")[0]
    assert Page.objects.filter(expired=True).count() == 1


# Words of what the portal does not do (yet): whoever builds it takes its line away.
NOT_DONE = re.compile(
    r"attestato (del|che ricevi dal) portale|rinvio automatico|avviso di sostituzione|scritto e firmato|"
    r"firma la presa visione|segui la scheda|il (sistema|portale) (ti )?avvisa|codice fiscale .{0,20}(riconosc|blocca)",
    re.IGNORECASE,
)


def test_no_text_promises_what_the_portal_does_not_do():
    root = Path(__file__).parents[1]
    files = [*root.glob("*/demo_content/*.toml"), *root.glob("templates/**/*.*")]
    assert len(files) > 100
    found = [f"{file.name}: {words[0]}" for file in files for words in NOT_DONE.finditer(file.read_text())]
    assert found == []
