"""Canary pages: what somebody sees who must not, or does not see who must, is said to the administrator; no trace."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from wagtail.models import Page

from portal import access
from portal.models import Document, Membership, PageShare, Space
from portal.models.activity import Activity
from portal.models.jobs import Job
from portal.notices import obligations
from portal.upkeep import doctor
from search import canaries
from search import index as search_index
from search.models import CanaryWatch, IndexState, SearchDocument

pytestmark = pytest.mark.django_db

Given = Callable[..., Any]
ONE = Q(code="SP-MINORI")


def problems() -> str:
    return "\n".join(problem for row in CanaryWatch.objects.all() for problem in row.problems)


def traces(settings: Any) -> list[Any]:
    counted = [model.objects.count() for model in (Page, Document, Activity, Job, SearchDocument, PageShare, Session)]
    files = sorted(Path(settings.MEDIA_ROOT).rglob("canarino-*"))
    return [*counted, files, IndexState.objects.get().written, list(search_index.engine().held())]


def test_in_the_demo_nobody_sees_more_and_the_trial_leaves_no_trace(index: Any, settings: Any) -> None:
    """Nor where a row above the spaces would open the whole site, and the whole space is shared with another."""
    root = Space.objects.get(ONE).root_page
    PageShare.objects.create(page=root.get_parent(), space=Space.objects.get(code="SP-TERZO"))
    PageShare.objects.create(page=root, space=Space.objects.get(code="SP-INTEGRA"))
    before = traces(settings)
    for _time in range(2):
        call_command("watch_canaries", "SP-MINORI")
        assert problems() == "" and CanaryWatch.objects.get().questions >= 40
        assert traces(settings) == before and search_index.is_sound()


def test_nothing_is_proved_of_no_space(index: Any) -> None:
    with pytest.raises(CommandError, match="nessuno spazio riservato"):
        call_command("watch_canaries", "SP-PUBBLICO")


def test_a_broken_rule_is_told_loudly(as_: Given, person: Given, index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_reads(monkeypatch)
    with pytest.raises(CommandError, match="non è passata"):
        call_command("watch_canaries", "SP-MINORI")
    for where in ("la pagina", "una parte riservata della pagina", "la ricerca", "i suggerimenti", "le novità",
                  "il riepilogo", "il file"):  # fmt: skip
        assert f"vede {where}, e non deve" in problems(), where
    monkeypatch.undo()
    assert any("prova dei permessi non è passata" in fault.what for fault in doctor.examine(["canaries"]))
    assert "e non deve" in as_("administrator").get("/stato/").content.decode()
    assert "prova dei permessi" in as_("administrator").get("/").content.decode()
    assert not [row for row in obligations.open_of(person("coordinator")) if row.key == canaries.DUTY]
    canaries.watch_now(ONE)
    assert problems() == "" and not doctor.examine(["canaries"])
    assert not [row for row in obligations.open_of(person("administrator")) if row.key == canaries.DUTY]


def test_a_role_that_does_not_end_is_told(person: Given, index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Membership.objects.filter(space__code="SP-MINORI", user=person("worker_minors"))
    rows.update(expires_at=timezone.now() - timedelta(days=1))
    monkeypatch.setattr(type(rows), "current", lambda rows, now=None: rows.all())
    monkeypatch.setattr(connection, "_prepared_questions", {}, raising=False)  # else what it was is asked still
    canaries.watch_now(ONE)
    assert f"{person('worker_minors')} vede la pagina, e non deve" in problems()


def everybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_readable", lambda held, branches=None: Q(depth__gt=0))
    monkeypatch.setattr(connection, "_prepared_questions", {}, raising=False)  # by this rule nobody asks afterwards
    monkeypatch.setattr(access, "_page_is_readable", lambda held, path: True)
    monkeypatch.setattr(access, "seen_by_some", lambda rows, people, page="": rows)
    monkeypatch.setattr(
        access,
        "seen_by_each",
        lambda pages, people: dict.fromkeys([user.pk for user in people], {page.pk for page in pages}),
    )
    every = frozenset(f"space:{space.pk}" for space in Space.objects.all())
    monkeypatch.setattr(access, "tokens", lambda user: every)
    monkeypatch.setattr(access, "read_parts", lambda user, page, audiences: [True for _each in audiences])


def test_whoever_no_longer_sees_what_must_be_seen_is_told_too(index: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_page_is_readable", lambda held, path: False)
    canaries.watch_now(ONE)
    assert "non vede la pagina, e deve" in problems() and "e non deve" not in problems()


def test_a_trial_that_is_cut_off_leaves_nothing_and_its_file_goes_with_the_next(
    index: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = traces(settings)

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(canaries, "_ask", killed)
        with pytest.raises(KeyboardInterrupt):
            canaries.look(Space.objects.get(ONE))
    assert traces(settings) == before
    left = Path(settings.MEDIA_ROOT) / "documents" / "canarino-prova.txt"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("x")
    os.utime(left, (0, 0))
    canaries.watch_now(Q(pk=None))
    assert not left.exists()


def test_it_is_done_by_night_once_and_the_doctor_says_when_it_was_not(
    index: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canaries, "look", lambda space: canaries.Seen(questions=1))
    now = timezone.localtime()
    for hour, done in ((12, 0), (2, Space.objects.filter(visibility="riservato").count()), (3, 0)):
        moment = now.replace(hour=hour)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert canaries.watch() == done, hour
    CanaryWatch.objects.update(at=now - timedelta(days=5))
    assert any("non si fa da più di tre giorni" in fault.what for fault in doctor.examine(["canaries"]))
