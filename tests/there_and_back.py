"""Run in a process of its own: an installation at work, taken back and forth through its migrations.

What was closed and what was written down outlive it, and the database keeps its guard of what is only added to.
"""

import django

django.setup()

from datetime import timedelta  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from wagtail.models import Revision  # noqa: E402

from coordination import actions  # noqa: E402
from coordination.models import Action, ActionItem, MeetingPage  # noqa: E402
from portal.models import Activity, User  # noqa: E402
from portal.network import set_up  # noqa: E402
from portal.spaces import opening, roles  # noqa: E402


def rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


set_up("Prova")
owner = User.objects.create_user("chi@raccordo.example", first_name="Chi", last_name="Fa")
space = opening.open_space("prova", "Prova", slug="prova", by=None)
roles.give_role(space, owner, roles.Role.MANAGER, by=None)
day = timezone.localdate() + timedelta(days=3)
meeting = MeetingPage(title="Riunione", slug="riunione", starts_at=timezone.now(), live=False, change_note="Prova")
space.root_page.add_child(instance=meeting)
meeting.actions = [ActionItem(text=text, person=owner, due=day) for text in ("Scrivere", "Telefonare", "Contare")]
meeting.save_revision(user=owner).publish()  # in this revision the lines have no id yet
draft = MeetingPage.objects.get(pk=meeting.pk)
draft.minutes = "Bozza di ieri"
older = draft.save_revision(user=owner)
for text in ("Scrivere", "Contare"):
    actions.close(Action.objects.get(text=text), note=f"{text}: fatto", by=owner)
gone = MeetingPage.objects.get(pk=meeting.pk)
gone.actions = [line for line in gone.actions.all() if line.text != "Contare"]
gone.save_revision(user=owner).publish()

act = Activity.objects.earliest("pk")


def rewrite() -> int:
    with transaction.atomic():
        return Activity._base_manager.filter(pk=act.pk).update(sentence=act.sentence)


def refuses() -> bool:
    try:
        rewrite()
    except IntegrityError:
        return True
    return False


assert refuses(), "a fresh database"

# The ground first: each walk draws all models anew for every migration that is left.
call_command("migrate", "portal", "0017", verbosity=0)
assert rewrite() == 1, "before there was a guard"

call_command("migrate", "coordination", "0003", verbosity=0)
before = rows("select text, done_note, done_at is null from coordination_action order by text")
assert [(text, note, bool(free)) for text, note, free in before] == [
    ("Contare", "Contare: fatto", False), ("Scrivere", "Scrivere: fatto", False), ("Telefonare", "", True),
], before  # fmt: skip
for revision in Revision.objects.all():  # as the old code wrote them
    for line in revision.content.get("actions", []):
        line.pop("key", None)
    revision.save(update_fields=["content"])

call_command("migrate", verbosity=0)
assert refuses(), "after its migration"
assert {(a.text, a.done_note, a.done_at is None) for a in Action.objects.all()} == {
    ("Contare", "Contare: fatto", False), ("Scrivere", "Scrivere: fatto", False), ("Telefonare", "", True),
}  # fmt: skip
assert not MeetingPage.objects.get(pk=meeting.pk).actions.filter(key=None).exists()
for revision in meeting.revisions.order_by("pk"):  # the first, with lines that had no id; the older draft
    revision.publish()
    closed = {action.text: action.done_note for action in Action.objects.exclude(done_at=None)}
    assert closed == {"Contare": "Contare: fatto", "Scrivere": "Scrivere: fatto"}, (revision.pk, closed)
    assert Action.objects.count() == 3, list(Action.objects.values_list("text", "key"))

with connection.schema_editor() as editor:  # as a migration that remakes the table does
    editor.alter_field(Activity, Activity._meta.get_field("note"), Activity._meta.get_field("note"))
    if connection.vendor == "sqlite":
        editor._remake_table(Activity)
call_command("migrate", verbosity=0)
assert refuses(), "after its table was remade"
print("kept")
