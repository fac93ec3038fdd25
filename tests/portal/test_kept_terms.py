"""What is kept has an end: a year goes by, and only what is meant to stay has stayed."""

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db.models import Max
from django.utils import timezone
from django_q.models import Task
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import Page, UploadedFile
from wagtail.models import Task as WagtailTask

from portal.background import clock, schedules
from portal.models import Absence, Activity, Delivery, Invitation, Job, Obligation, ProblemReport, User
from portal.models.digests import DeliveryState
from portal.models.jobs import JobState
from portal.notices import obligations
from portal.notices.obligations import Duty
from portal.upkeep import notebook, snapshots, terms
from protocols.models import Edition

pytestmark = pytest.mark.django_db
DAYS = 365
SEARCHED = "zzparolacercata"


def a_day(day: int, now: datetime, person: User, page: Page) -> None:
    """What one person leaves behind on one day."""
    Session.objects.create(session_key=f"s{day}", session_data=SEARCHED, expire_date=now + timedelta(hours=12))
    for state, name in ((JobState.DONE, "fatto"), (JobState.FAILED, "fallito")):
        Job.objects.create(key=f"{name}:{day}", function="x", state=state)
    Task.objects.create(id=f"t{day}", name="t", func="x", started=now, stopped=now, success=day % 2 == 0)
    Delivery.objects.create(
        user=person, window_start=now - timedelta(days=1), window_end=now, state=DeliveryState.SENT, sent_at=now,
    )  # fmt: skip
    obligations.ask([person], f"prova:{day}", Duty(title="Leggi", verb="Leggi", why="prova", url="/"))
    obligations.settle(f"prova:{day}")
    ProblemReport.objects.create(path="/", text="Il numero è vecchio.", at=now)
    kind = ContentType.objects.get_for_model(page)
    FormState.objects.create(user=person, content_type=kind, object_id=str(day), data="titolo=x", last_updated_at=now)
    EditingSession.objects.create(user=person, content_type=kind, object_id=str(page.pk), last_seen_at=now)
    address, _new = EmailAddress.objects.get_or_create(user=person, email=person.email)
    EmailConfirmation.objects.create(email_address=address, key=f"k{day}", created=now, sent=now)
    notebook.keep(notebook.Kind(f"Errore {day}", "x.py:1", now.isoformat(), now.isoformat(), 1))


@pytest.fixture
def year(monkeypatch: pytest.MonkeyPatch, person: Callable[[str], User], settings: Any, tmp_path: Path) -> datetime:
    """A year of it, with the clock's job every day; returns its last moment."""
    settings.DATA_DIR = tmp_path
    for model in (Session, Job, Task, Delivery, Obligation, ProblemReport):
        model.objects.all().delete()
    start, worker, page = timezone.now(), person("worker"), Page.objects.get(slug="pr-02")
    for day in range(DAYS):
        now = start + timedelta(days=day)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        a_day(day, now, worker, page)
        if day % 5 == 0 or day == DAYS - 1:  # a worker that was away for days does the same
            clock.keep_terms()
    return now


def test_after_a_year_each_table_holds_what_its_term_allows_and_evidence_is_whole(year: datetime) -> None:
    counts = {
        "sessions": Session.objects.count(),
        "jobs done": Job.objects.filter(state=JobState.DONE).count(),
        "jobs failed": Job.objects.filter(state=JobState.FAILED).count(),
        "tasks": Task.objects.count(),
        "digests": Delivery.objects.count(),
        "duties settled": Obligation.objects.exclude(settled_at=None).count(),
        "reports": ProblemReport.objects.count(),
        "forms begun": FormState.objects.count(),
        "windows": EditingSession.objects.count(),
        "confirmations": EmailConfirmation.objects.count(),
        "faults": len(notebook.kinds()),
    }
    most = {
        "sessions": 1, "jobs done": 31, "jobs failed": 181, "tasks": 31, "digests": DAYS, "duties settled": 91,
        "reports": 91, "forms begun": 2, "windows": 8, "confirmations": 4, "faults": 31,
    }  # fmt: skip
    assert {name: count for name, count in counts.items() if not 1 <= count <= most[name]} == {}
    assert Activity.objects.exists() and Edition.objects.exists()


# --- Each table has an end, or a reason to stay ----------------------------------------------------------------

ENDS = {  # taken away by the clock once their term has passed, or by their own act; as `portal/upkeep/terms.py` says
    "account.EmailConfirmation", "coordination.Shift", "django_q.OrmQ", "django_q.Task", "portal.Absence",
    "portal.BinnedThing", "portal.Delivery", "portal.Invitation", "portal.Job", "portal.NameProposal",
    "portal.Obligation", "portal.OutsiderVisit", "portal.PersonalDataReport", "portal.ProblemReport",
    "portal.ScheduleFailure", "portal.SpaceExport", "portal.UnfinishedWords", "portal.UploadedDocument",
    "portal.UploadedPicture", "portal.WordUpload", "search.Followed", "search.Gap", "search.Pin", "sessions.Session",
    "usersessions.UserSession", "wagtailadmin.EditingSession", "wagtailadmin.FormState", "wagtailcore.UploadedFile",
}  # fmt: skip
EVIDENCE = {  # who did, said, signed or was told what: it stays, and grows by people's own acts alone
    "coordination.BodyRule", "coordination.RuleConfirmation", "portal.Acknowledgement", "portal.AcknowledgementNote",
    "portal.Activity", "portal.Delegation", "portal.KeptVersion", "portal.NetworkCoordinator", "portal.OldAddress",
    "portal.OutsiderLink", "portal.PageReview", "portal.PersonalDataReason", "portal.Placement",
    "portal.ReadingReminder", "portal.ReadingRequest", "portal.ReviewNotice", "portal.SignableText",
    "protocols.Adoption", "protocols.AdoptionReminder", "protocols.Discussion", "protocols.Edition",
    "protocols.EditionCopy", "protocols.JointApproval", "protocols.Remark", "protocols.RemarkAct",
    "protocols.Signature", "wagtailcore.ModelLogEntry", "wagtailcore.PageLogEntry", "wagtailcore.Revision",
    "wagtailcore.TaskState", "wagtailcore.WorkflowState", "portal.ApprovalState",
}  # fmt: skip
BOUNDED = {  # as many as there are people, bodies, spaces, pages, files, words or settings, with which they go
    "account.EmailAddress", "auth.Group", "auth.Permission", "contenttypes.ContentType", "django_q.Schedule",
    "guardian.GroupObjectPermission", "guardian.UserObjectPermission", "mfa.Authenticator", "portal.DigestPreference",
    "portal.Document", "portal.FileVersion", "portal.Holiday", "portal.Image", "portal.Maintenance",
    "portal.Membership", "portal.NetworkProfile", "portal.Organ", "portal.Organisation", "portal.PageGroupGrant",
    "portal.PageShare", "portal.PageUserGrant", "portal.PinnedPage", "portal.Position", "portal.Profession",
    "portal.ProposedFile", "portal.Rendition", "portal.Replacement", "portal.RoleGroup", "portal.Space",
    "portal.SpaceGroupPermission", "portal.Term", "portal.User", "protocols.RelatedPage", "protocols.RuleLink",
    "protocols.SigningRule", "coordination.Action", "coordination.ActionItem", "coordination.AgendaItem",
    "coordination.Attendance", "coordination.Decision", "coordination.Norm", "coordination.Objective",
    "coordination.Project", "coordination.Reason", "coordination.RegulatedService", "search.CanaryWatch",
    "search.IndexState", "search.Meaning", "search.OwnName", "search.SearchDocument", "training.LessonDone",
    "socialaccount.SocialAccount", "socialaccount.SocialApp", "socialaccount.SocialToken", "taggit.Tag",
    "taggit.TaggedItem", "wagtailembeds.Embed", "wagtailusers.UserProfile",
}  # fmt: skip


def test_each_table_has_an_end_or_a_reason_to_stay() -> None:
    """A new one has to say which; of what Wagtail keeps beside its pages the same, whatever follows its settings."""
    framework = {"wagtailcore", "wagtaildocs", "wagtailimages", "wagtailsearch", "wagtailadmin"}
    named = ENDS | EVIDENCE | BOUNDED
    found = {
        model._meta.label
        for model in apps.get_models()
        if not model._meta.proxy and not issubclass(model, Page | WagtailTask)
    }
    assert {label for label in found - named if label.partition(".")[0] not in framework} == set()
    assert named <= found
    assert len(ENDS) + len(EVIDENCE) + len(BOUNDED) == len(named)


def test_evidence_and_what_is_open_stay_for_as_long_as_it_takes(
    person: Callable[[str], User], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Activity.objects.count(), Edition.objects.count()
    obligations.ask([person("worker")], "aperta", Duty(title="Leggi", verb="Leggi", why="prova", url="/"))
    waiting = Job.objects.create(key="in attesa", function="x")
    last = Delivery.objects.create(
        user=person("newcomer"), window_start=timezone.now(), window_end=timezone.now() + timedelta(days=3000),
        state=DeliveryState.SENT,
    )  # fmt: skip
    late = timezone.now() + timedelta(days=4000)
    monkeypatch.setattr(timezone, "now", lambda: late)
    clock.keep_terms()
    assert (Activity.objects.count(), Edition.objects.count()) == before
    assert Obligation.objects.filter(key="aperta").exists() and Job.objects.filter(pk=waiting.pk).exists()
    ends = Delivery.objects.filter(user=person("newcomer")).aggregate(last=Max("window_end"))
    assert ends["last"] == last.window_end, "the next digest begins where the last one ended"


def test_a_session_that_ended_is_gone_with_the_words_that_were_searched(
    as_: Any, index: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_("worker")
    client.get("/cerca/", {"q": SEARCHED})
    key = client.session.session_key
    assert SEARCHED not in str(Session.objects.get(pk=key).get_decoded())  # the words lie in the browser, sealed
    clock.keep_terms()
    assert Session.objects.filter(pk=key).exists()
    later = timezone.now() + timedelta(hours=12, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    clock.keep_terms()
    assert not Session.objects.filter(pk=key).exists()
    assert schedules.EVERY["portal.background.clock.keep_terms"] <= 60


def test_files_that_nobody_named_and_mails_that_could_not_leave_go_with_their_term(
    person: Callable[[str], User], settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    files = {}
    for name, age in (("vecchio", 31), ("nuovo", 0)):
        upload = UploadedFile.objects.create(
            file=ContentFile(b"x", f"{name}.txt"), uploaded_by_user=person("worker"),
            for_content_type=ContentType.objects.get_for_model(Page),
        )  # fmt: skip
        files[name] = Path(upload.file.path)
        (tmp_path / f"{name}.log").write_text("Ciao")
        moment = (timezone.now() - timedelta(days=age)).timestamp()
        for path in (files[name], tmp_path / f"{name}.log"):
            os.utime(path, (moment, moment))
    clock.keep_terms()
    assert not files["vecchio"].exists() and files["nuovo"].exists()
    assert [path.name for path in tmp_path.iterdir()] == ["nuovo.log"]
    assert UploadedFile.objects.count() == 1


def test_a_file_that_no_row_names_goes_after_a_week_and_no_other(db: None, settings: Any) -> None:
    root, old = Path(settings.MEDIA_ROOT), (timezone.now() - timedelta(days=8)).timestamp()
    kept = {root / name for name in snapshots.named_files() if (root / name).is_file()}
    for name in ("documents/senza-riga.pdf", "documents/appena-arrivato.pdf"):
        (root / name).write_bytes(b"x")
    for path in (*kept, root / "documents/senza-riga.pdf"):
        os.utime(path, (old, old))
    clock.keep_terms()
    assert kept and all(path.is_file() for path in kept)
    assert not (root / "documents/senza-riga.pdf").exists() and (root / "documents/appena-arrivato.pdf").exists()
    (root / "documents/appena-arrivato.pdf").unlink()


def test_absences_and_invitations_that_came_to_nothing_go_after_a_year_and_no_other(person: Any) -> None:
    elena, chiara, today, now = person("worker"), person("coordinator"), timezone.localdate(), timezone.now()
    Absence.objects.all().delete()
    for days in (367, 364):
        day = today - timedelta(days=days)
        Absence.objects.create(person=elena, since=day, until=day, given_by=chiara)
    Invitation.objects.all().delete()
    ended = {
        "withdrawn": {"withdrawn_at": now - timedelta(days=366)},
        "accepted": {"accepted_at": now - timedelta(days=999)},
        "newly": {"withdrawn_at": now - timedelta(days=360)},
    }
    for name, moments in ended.items():
        Invitation.objects.create(person=elena, invited_by=chiara, nonce=name, expires_at=now, **moments)
    clock.keep_terms()
    assert [row.until for row in Absence.objects.all()] == [today - timedelta(days=364)]
    assert set(Invitation.objects.values_list("nonce", flat=True)) == {"accepted", "newly"}


def test_the_page_on_privacy_shows_each_term_that_is_kept(as_: Any, settings: Any) -> None:
    shown = " ".join(as_("anonymous").get("/riservatezza/").content.decode().split())
    for term in terms.TERMS:
        assert f"<dt>{term.title}</dt>" in shown and str(term.words) in shown
    assert "Copie di sicurezza" not in shown
    settings.BACKUP_TO = "/srv/copie"
    assert "di 12 mesi fa al massimo" in as_("anonymous").get("/riservatezza/").content.decode()
    days = {int(number) for term in terms.TERMS for number in re.findall(r"(\d+) giorni", str(term.words))}
    assert {terms.DONE_JOBS.days, terms.MAILS.days, obligations.KEPT.days} <= days


# --- What browsers and caches keep -----------------------------------------------------------------------


def test_a_browser_keeps_no_page_of_whoever_has_entered(as_: Any, index: Any) -> None:
    for address in ("/", "/cerca/?q=protocollo", "/p/PR-02/", "/profilo/", "/rubrica/"):
        mine = as_("worker").get(address)
        assert mine.status_code == 200
        assert {"no-store", "private"} <= set(mine["Cache-Control"].split(", ")), address
        assert "Cookie" in mine["Vary"]
    others = as_("anonymous").get("/")["Cache-Control"]
    assert "private" in others and "no-store" not in others
