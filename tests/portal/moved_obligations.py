"""Run in a process of its own: everything that asks somebody for something, forgotten and asked by the migrations.

What the migration writes for an installation that is at work must be, word by word, what the acts wrote.
"""

import django

django.setup()

from datetime import timedelta  # noqa: E402
from importlib import import_module  # noqa: E402

from django.apps import apps  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.utils import timezone  # noqa: E402
from wagtail.models import Page  # noqa: E402

from coordination.models import Action, ActionItem, MeetingPage  # noqa: E402
from portal.files import reading  # noqa: E402
from portal.models import Document, NetworkProfile, Obligation, User  # noqa: E402
from portal.models.pages import TextPage  # noqa: E402
from portal.network import set_up  # noqa: E402
from portal.notices import problem_reports  # noqa: E402
from portal.pages import approval, scheduling  # noqa: E402
from portal.spaces import opening, roles  # noqa: E402


def asked() -> set[tuple[object, ...]]:
    """All that is open, without its number and its moment."""
    return set(
        Obligation.objects.filter(settled_at=None).values_list(
            "person", "key", "title", "verb", "why", "url", "action_url", "due", "starts_on", "ends_on", "page",
            "needs", "closed_title", "closed_why", "closed_url",
        )
    )  # fmt: skip


set_up("Prova")
User.objects.create_superuser("chi-installa@raccordo.example")
author = User.objects.create_user("chi@raccordo.example", first_name="Chi", last_name="Scrive")
other = User.objects.create_user("altra@raccordo.example", first_name="Altra", last_name="Persona")
gone = User.objects.create_user("via@raccordo.example", is_active=False)
space = opening.open_space("prova", "Prova", slug="prova", by=None)
roles.give_role(space, other, roles.Role.MANAGER, by=None)
roles.give_role(space, gone, roles.Role.APPROVER, by=None)
roles.give_role(space, author, roles.Role.EDITOR, by=None)
root = Page.objects.get(pk=space.root_page_id)


def proposed(title: str) -> Page:
    page = root.add_child(instance=TextPage(title=title, change_note="Nuova.", live=False, responsible=author))
    page.save_revision(user=author)
    page.get_workflow().start(page, author)
    return Page.objects.get(pk=page.pk)


proposed("In attesa")
back = proposed("Tornata")
approval.ask_for_changes(back.current_workflow_task_state, by=other, reason="Più corta")
published = proposed("Uscita")
approval.approve(
    published.current_workflow_task_state, by=other,
    seen=approval.concurrent_edits.mark(published.get_latest_revision()),
)  # fmt: skip
published = Page.objects.get(pk=published.pk)
assert published.live
scheduling._record(published, author, "manca la data")
problem = problem_reports.report(other, published.specific.url, "Non va")
problem_reports.tell(problem.pk)
day = timezone.localdate() + timedelta(days=3)
for code in ("R-01", ""):
    meeting = MeetingPage(title=f"Riunione {code}".strip(), code=code, starts_at=timezone.now(), live=False)
    meeting.change_note = "Prova"
    root.add_child(instance=meeting)
    meeting.actions = [ActionItem(text=text, person=author, due=day) for text in ("Scrivere", "Contare")]
    meeting.save_revision(user=other).publish()
    Action.objects.filter(meeting=meeting, text="Contare").update(done_at=timezone.now())
    meeting.save_revision(user=other).publish()
file = Document.objects.create(
    title="Verbale", file=ContentFile(b"%PDF-1.7 rotto", name="verbale.pdf"), collection=space.collection,
    uploaded_by_user=author,
)  # fmt: skip
reading.read(file.pk)
profile = NetworkProfile.load()
profile.declared_on = timezone.localdate() - timedelta(days=30)
profile.save()

before = asked()
sorts = {str(row[1]).split(":")[0] for row in before}
assert sorts == {"approval", "given-back", "unscheduled", "problem", "action", "unread", "declaration"}, sorts
assert len(before) == 8, before
of_actions = import_module("coordination.migrations.0007_actions_are_asked")
of_all = import_module("portal.migrations.0016_what_is_asked_now")
by_number = import_module("portal.migrations.0051_addresses_by_number")
by_number.back(apps, None)
in_the_tree = {row for row in asked() if str(row[5]).startswith("/spazi/")}
assert len(in_the_tree) == 1 == len(before - asked()), in_the_tree  # of the meeting without a code
by_number.forward(apps, None)
assert asked() == before, asked() ^ before
of_actions.forget(apps, None)
assert {row for row in before if not str(row[1]).startswith("action:")} == asked()
of_all.forget(apps, None)
assert asked() == set()
of_all.ask_what_is_open(apps, None)
of_actions.ask(apps, None)
by_number.forward(apps, None)
assert asked() == before, asked() ^ before
print("kept")
