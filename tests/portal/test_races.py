"""Two who act at the same moment: the second begins while what the first did is not yet kept, and the rule holds.

The races run in an installation of their own, because their rows must really be kept: on SQLite the second waits for
the first by itself, on PostgreSQL only because the rule locks what it asks about.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.installation import environment

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120
BEGIN = """
import json, sys, time
from threading import Event, Thread
import django
django.setup()
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from datetime import timedelta
from portal import network
from portal.pages import addresses
from portal.spaces import opening, roles
from portal.background import jobs
from wagtail.models import Page
from portal.models import Job, Membership, Role, Space, User
from portal.models.pages import TextPage
from protocols.models import ProtocolPage
settings.ALLOWED_HOSTS = ["testserver"]


def person(name):
    named = {"first_name": name, "last_name": "Prova"}
    return User.objects.get_or_create(email=f"{name.lower()}@rete.example", defaults=named)[0]


def space_of(code, *managers):
    found = Space.objects.filter(code=code).first() or opening.open_space(code, code, slug=code.lower(), by=None)
    for name in managers:
        roles.give_role(found, person(name), Role.MANAGER, by=None)
    return found


def tried(act):
    try:
        return str(act() or "")
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


def together(first, second, held=0.8):
    begun, said = Event(), {}

    def one():
        try:
            with transaction.atomic():
                said["first"] = tried(first)
                begun.set()
                time.sleep(held)
        finally:
            begun.set()
            connection.close()

    def two():
        begun.wait()
        said["second"] = tried(second)
        connection.close()

    threads = [Thread(target=one), Thread(target=two)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return said


def managers(space):
    lasting = Membership.objects.filter(space=space, role=Role.MANAGER, expires_at=None)
    return sorted(lasting.filter(user__in=User.objects.lasting()).values_list("user__first_name", flat=True))


def tell(**what):
    print(json.dumps(what), flush=True)


known = dict(globals())
for line in sys.stdin:
    try:
        exec(json.loads(line), dict(known))
    except Exception as problem:
        tell(failed=f"{type(problem).__name__}: {problem}")
"""


@pytest.fixture(scope="module")
def town(prepared_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """`town(script)`: what the script tells at its end."""
    env = environment(prepared_in, tmp_path_factory.mktemp("races"), "raccordo_races", queue=13)
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", BEGIN], cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True)
    assert process.stdin and process.stdout
    given, told = process.stdin, process.stdout

    def ask(script: str) -> dict[str, Any]:
        given.write(json.dumps(script) + "\n")
        given.flush()
        found: dict[str, Any] = json.loads(told.readline())
        assert "failed" not in found, found
        return found

    ask("network.set_up('Rete di prova')\ntell()")
    yield ask
    given.close()
    process.wait(LIMIT)


# --- A space is never left to nobody -----------------------------------------------------------------------

TAKE = "lambda: roles.take_role(Membership.objects.get(space=space, user=person('{}')), by=None)"
EXPIRE = (
    "lambda: roles.give_role(space, person('{}'), Role.MANAGER, by=None, "
    "expires_at=timezone.now() + timedelta(days=9)) and ''"
)
DEACTIVATE = "lambda: deactivated('{}')"
CLOSING = """
admin = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("capo@rete.example", "x")
desks = [Client(), Client()]
[desk.force_login(admin) for desk in desks]  # before the race: entering writes on the administrator's own row


def deactivated(name):
    client, who = desks.pop(), person(name)
    fields = {"email": who.email, "first_name": who.first_name, "last_name": who.last_name, "profession": "",
              "telephone": "", "valid_until": "", "organisation": "", "password1": "", "password2": ""}
    answer = client.post(f"/admin/users/edit/{who.pk}/", fields)
    if answer.status_code == 302:
        return ""
    return "LastManager" if "resterebbe senza responsabile" in answer.content.decode() else "altro"

"""
ENDS = {"take": TAKE, "expire": EXPIRE, "deactivate": DEACTIVATE}


@pytest.mark.parametrize(
    ("first", "second"),
    [("take", "take"), ("expire", "expire"), ("deactivate", "deactivate"), ("deactivate", "take"),
     ("take", "deactivate"), ("expire", "deactivate")],
)  # fmt: skip
def test_of_two_who_end_the_last_two_managers_of_a_space_the_second_is_refused(
    town: Any, first: str, second: str
) -> None:
    code = f"SP-{first}-{second}".upper()
    names = f"Anna-{first}-{second}", f"Bice-{first}-{second}"
    found = town(
        CLOSING
        + f"space = space_of('{code}', '{names[0]}', '{names[1]}')\n"
        + f"said = together({ENDS[first].format(names[0])}, {ENDS[second].format(names[1])})\n"
        + "tell(said=said, left=managers(space))"
    )
    assert found["said"]["first"] == ""
    assert found["said"]["second"].startswith("LastManager")
    assert found["left"] == [names[1]]


def test_one_of_two_managers_may_go(town: Any) -> None:
    """The refusals above are not refusals of everything."""
    found = town(
        CLOSING + "space = space_of('SP-UNO', 'Carla', 'Dina', 'Elsa')\n"
        f"said = together({TAKE.format('Carla')}, {DEACTIVATE.format('Dina')})\ntell(said=said, left=managers(space))"
    )
    assert found == {"said": {"first": "", "second": ""}, "left": ["Elsa"]}


# --- A code and a place are one page's ----------------------------------------------------------------------

ADD = """
def added(code, under, live=True):
    page = ProtocolPage(title="Prova", code=code, change_note="Nuovo.", live=live)
    Page.objects.get(pk=under.root_page_id).specific.add_child(instance=page)
    return ""

"""


def test_of_two_who_give_two_pages_one_code_the_second_is_told_the_next_free_one(town: Any) -> None:
    found = town(
        ADD + "one, other = space_of('SP-A'), space_of('SP-B')\n"
        "said = together(lambda: added('PR-41', one), lambda: added('pr 41', other))\n"
        "tell(said=said, pages=Page.objects.filter(slug='pr-41').count(), free=addresses.next_code('PR-{:02}'))"
    )
    assert found["said"]["first"] == ""
    assert f"Il codice PR-41 è già usato: il prossimo libero è {found['free']}" in found["said"]["second"]
    assert found["pages"] == 1


def test_two_whose_drafts_get_one_code_do_not_both_publish_it(town: Any) -> None:
    found = town(
        ADD + "one, other = space_of('SP-C'), space_of('SP-D')\n"
        "added('PR-61', one, live=False), added('PR-62', other, live=False)\n"
        "drafts = list(ProtocolPage.objects.filter(slug__in=['pr-61', 'pr-62']).order_by('slug'))\n"
        "for page in drafts:\n    page.code = 'PR-63'\n"
        "revisions = [page.save_revision() for page in drafts]\n"
        "said = together(*[(lambda each=each: each.publish() or '') for each in revisions])\n"
        "tell(said=said, pages=Page.objects.filter(slug='pr-63', live=True).count())"
    )
    assert found["said"]["first"] == ""
    assert "Il codice PR-63 è già usato" in found["said"]["second"]
    assert found["pages"] == 1


def test_two_pages_made_together_in_one_space_get_a_place_and_an_address_each(town: Any) -> None:
    found = town(
        "space = space_of('SP-E')\n"
        "def added():\n"
        "    page = TextPage(title='Lo stesso titolo', change_note='Nuova.', live=False)\n"
        "    parent.add_child(instance=page)\n"
        "    return ''\n"
        "parent = Page.objects.get(pk=space.root_page_id).specific\n"
        "said = together(added, added)\n"
        "slugs = Page.objects.child_of(Page.objects.get(pk=space.root_page_id)).values_list('slug', flat=True)\n"
        "tell(said=said, slugs=sorted(slugs), children=Page.objects.get(pk=space.root_page_id).numchild)"
    )
    assert found["said"] == {"first": "", "second": ""}
    assert found["slugs"] == ["lo-stesso-titolo", "lo-stesso-titolo-2"]
    assert found["children"] == 2


# --- Work is done once --------------------------------------------------------------------------------------


def test_two_workers_with_one_turn_of_a_job_do_it_once(town: Any) -> None:
    found = town(
        "worked = []\n"
        "sys.modules['portal.background.jobs'].once = lambda: worked.append(1)\n"
        "job = jobs.ask('una-volta', 'portal.background.jobs.once')\n"
        "turn = (job.asked, job.attempts)\n"
        "said = together(lambda: jobs.run(job.pk, turn), lambda: jobs.run(job.pk, turn))\n"
        "tell(said=said, worked=len(worked), state=Job.objects.get(pk=job.pk).state)"
    )
    assert found == {"said": {"first": "", "second": ""}, "worked": 1, "state": "fatto"}


def test_two_who_ask_for_one_work_leave_one_row(town: Any) -> None:
    found = town(
        "said = together(*[(lambda: jobs.ask('la-stessa', 'portal.background.jobs.sweep') and '')] * 2)\n"
        "row = Job.objects.get(key='la-stessa')\n"
        "tell(said=said, asked=row.asked)"
    )
    assert found["said"] == {"first": "", "second": ""}
    assert found["asked"] >= 1


# --- One day has one edition --------------------------------------------------------------------------------

EDITIONS = """
from datetime import date
from protocols.models import Edition
space = space_of('SP-F')
page = ProtocolPage(title='Due insieme', code='PR-71', change_note='Nuovo.', valid_from=date(2026, 1, 1))
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
page.save_revision().publish()


def another(version, title):
    page = ProtocolPage.objects.get(code='PR-71')
    page.version, page.title, page.valid_from, page.change_note = version, title, date(2026, 3, 1), 'Cambia.'
    return page.save_revision()


one, two = another({first!r}, 'La prima'), another({second!r}, 'La seconda')
said = together(lambda: one.publish() or '', lambda: two.publish() or '')
kept = list(Edition.objects.filter(page=page.pk).order_by('pk').values_list('version', 'title'))
tell(said=said, kept=kept, live=ProtocolPage.objects.get(pk=page.pk).title)
"""


@pytest.mark.parametrize(("code", "second"), [("PR-71", "2.0"), ("PR-72", "3.0")])
def test_of_two_publications_at_once_one_is_kept_and_the_other_refused(town: Any, code: str, second: str) -> None:
    """With one number or two: a number has one text, a day one edition."""
    found = town(EDITIONS.replace("PR-71", code).format(first="2.0", second=second))
    assert found["said"]["first"] == "" and "Refused" in found["said"]["second"]
    assert found["kept"] == [["1.0", "Due insieme"], ["2.0", "La prima"]]
    assert found["live"] == "La prima"


# --- Bodies that decide at once -----------------------------------------------------------------------------

BODIES = """
from datetime import date
from portal.models import Delegation, Organisation
from portal.models.delegations import Purpose
from protocols import adoptions, joint_approval
from protocols.models import Adoption, Edition, JointApproval, SigningRule
code, quorum = {code!r}, {quorum!r}
space = space_of('SP-G', 'Autrice', 'Collega')
SigningRule.objects.update_or_create(space=space, defaults=dict(quorum=quorum))
bodies = {{}}
for name in ('Alfa', 'Beta', 'Gamma')[:{count}]:
    bodies[name] = Organisation.objects.get_or_create(name=name, slug=name.lower())[0]
    for purpose in (Purpose.APPROVAL, Purpose.ADOPTION):
        mandate = dict(organisation=bodies[name], purpose=purpose, person=person(f'Delegata{{name}}'))
        others = dict(substitute=person(f'Sostituta{{name}}'), valid_from=date(2026, 1, 1))
        Delegation.objects.get_or_create(**mandate, defaults=others)
    for who in (f'Delegata{{name}}', f'Sostituta{{name}}'):
        roles.give_role(space, person(who), Role.READER, by=None)
page = ProtocolPage(title='Insieme', code=code, change_note='Nuovo.', valid_from=date(2026, 1, 1), live=False,
                    by_body={by_body})
page.signatories = list(bodies.values())
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
joint = joint_approval.open_for(page.save_revision(), person('Autrice'), person('Collega'))


def says(body, agrees=True, who='Delegata'):
    joint_approval.sign(joint, [bodies[body]], by=person(who + body), agrees=agrees, reason='' if agrees else 'Manca.')


def takes_back():
    joint_approval.take_back(joint, by=person('Autrice'))


{race}
joint.refresh_from_db()
signed = list(joint.signatures.order_by('pk').values_list('organisation__name', 'agrees'))
kept = Edition.objects.filter(page=page.pk).count()
tell(said=said, state=joint.state, signed=signed, editions=kept, live=ProtocolPage.objects.get(pk=page.pk).live)
"""
YES, BETA_YES, NO, BACK = "lambda: says('Alfa')", "lambda: says('Beta')", "lambda: says('Alfa', False)", "takes_back"
SUBSTITUTE = "lambda: says('Alfa', who='Sostituta')"
ENDED, SAID = "AlreadyEnded", "AlreadySaid"


@pytest.mark.parametrize(
    ("code", "first", "second", "answer", "state", "signed", "editions"),
    [
        ("PR-81", YES, BETA_YES, "", "approvato", ["Alfa", "Beta"], 1),  # the last two sign
        ("PR-82", YES, SUBSTITUTE, SAID, "in-corso", ["Alfa"], 0),  # a delegate and who stands in for her
        ("PR-83", BACK, YES, ENDED, "ritirato", [], 0),  # taken back, then signed
        ("PR-84", YES, BACK, "", "ritirato", ["Alfa"], 0),  # signed by one, then taken back
        ("PR-85", NO, BETA_YES, ENDED, "rifiutato", ["Alfa"], 0),  # refused, then signed
        ("PR-86", BETA_YES, NO, "", "rifiutato", ["Beta", "Alfa"], 0),  # signed, then refused
    ],
)
def test_of_two_bodies_that_answer_at_once_each_answer_counts_once(
    town: Any, code: str, first: str, second: str, answer: str, state: str, signed: list[str], editions: int
) -> None:
    race = f"said = together({first}, {second})"
    found = town(BODIES.format(code=code, quorum=None, count=2, by_body=False, race=race))
    assert (found["said"]["first"], found["said"]["second"].partition(":")[0]) == ("", answer)
    assert (found["state"], [body for body, _agrees in found["signed"]]) == (state, signed)
    assert (found["editions"], found["live"]) == (editions, bool(editions))


def test_the_last_signature_that_a_quorum_needs_is_given_once_and_nobody_takes_back_what_is_in_force(town: Any) -> None:
    """Two of three are enough and one has signed: of two more at once the first puts it in force."""
    for code, second in (("PR-91", "lambda: says('Gamma')"), ("PR-92", BACK)):
        race = f"says('Alfa')\nsaid = together({BETA_YES}, {second})"
        found = town(BODIES.format(code=code, quorum=2, count=3, by_body=False, race=race))
        assert (found["said"]["first"], found["said"]["second"].partition(":")[0]) == ("", ENDED)
        assert (found["state"], found["editions"], found["live"]) == ("approvato", 1, True)
        assert found["signed"] == [["Alfa", True], ["Beta", True]]


ADOPTING = """
says('Alfa')
says('Beta')
edition = Edition.objects.get(page=page.pk)


def adopts(body, state, who='Delegata'):
    newest = adoptions.of_body(edition, bodies[body])[0].pk
    return lambda: adoptions.say(edition, bodies[body], by=person(who + body), seen=newest, **state) and ''


examined, refused = dict(state='in-esame', since=date(2026, 2, 1)), dict(
    state='non-applicabile', since=date(2026, 2, 1), reason='Non abbiamo il servizio.')
same = together(adopts('Alfa', examined), adopts('Alfa', refused, who='Sostituta'))
other = together(adopts('Alfa', refused), adopts('Beta', examined))
rows = {name: list(Adoption.objects.filter(edition=edition, organisation=bodies[name]).order_by('pk').values_list(
    'state', flat=True)) for name in bodies}
said = dict(same=same, other=other, rows=rows)
"""


def test_of_two_who_write_for_one_body_the_second_is_told_and_two_bodies_adopt_side_by_side(town: Any) -> None:
    said = town(BODIES.format(code="PR-95", quorum=None, count=2, by_body=True, race=ADOPTING))["said"]
    assert said["same"]["first"] == "" and said["same"]["second"].startswith("Overtaken")
    assert said["other"] == {"first": "", "second": ""}
    assert said["rows"] == {
        "Alfa": ["da-recepire", "in-esame", "non-applicabile"],
        "Beta": ["da-recepire", "in-esame"],
    }


# --- What one decides or ends is decided and ended once -----------------------------------------------------

DECIDED = {
    "a name is accepted and refused": """
from portal.accounts import names
from portal.models import NameProposal
who = person('Nomina')
names.propose(who, 'Nuova', 'Prova')
one, two = [NameProposal.objects.select_related('person').get(person=who) for _ in 'ab']
asked = one.pk
said = together(lambda: names.decide(one, accepted=True, by=person('Anna')),
                lambda: names.decide(two, accepted=False, by=person('Bice')))
told = [args[1] for args in Job.objects.filter(key=f'name-decided:{asked}').values_list('args', flat=True)]
tell(said=said, left=[str(User.objects.get(pk=who.pk)), *told])
""",
    "a report of personal data is handled by two": """
from portal.models import Activity, PersonalDataReport
from portal.personal_data import reports
space = space_of('SP-DATI', 'Mara', 'Nora')
page = TextPage(title='Con dati', change_note='Nuova.', live=True)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
row = reports.report(person('Mara'), 'nome', seen=page)
one, two = [PersonalDataReport.objects.get(pk=row.pk) for _ in 'ab']
said = together(lambda: reports.settle(one, person('Mara'), 'nessuno', 'Non sono dati'),
                lambda: reports.settle(two, person('Nora'), 'nessuno', 'Un falso allarme'))
row.refresh_from_db()
acts = Activity.objects.filter(page=page.pk, sentence__contains='chiuso una segnalazione').count()
tell(said=said, left=[row.reason, row.handled_by.first_name, acts])
""",
    "a report is answered by two": """
from portal.models import ProblemReport
from portal.notices import problem_reports
row = problem_reports.report(person('Ida'), '/p/X/', 'Manca.')
one, two = [ProblemReport.objects.get(pk=row.pk) for _ in 'ab']
said = together(lambda: problem_reports.settle(one, 'Ora c’è.'), lambda: problem_reports.settle(two, 'Non serve.'))
tell(said=said, left=[ProblemReport.objects.get(pk=row.pk).answer])
""",
    "a report that was closed is answered": """
from portal.models import ProblemReport
from portal.notices import problem_reports
row = problem_reports.report(person('Ida'), '/p/X/', 'Manca.')
one, two = [ProblemReport.objects.get(pk=row.pk) for _ in 'ab']
said = together(lambda: problem_reports.settle(one), lambda: problem_reports.settle(two, 'Non serve.'))
tell(said=said, left=list(ProblemReport.objects.filter(pk=row.pk)))
""",
    "a coordinator's time is ended by two": """
from portal.accounts import coordinators
from portal.models import Activity, NetworkCoordinator
row = coordinators.entrust(person('Cora'), by=None, reason='Dal primo giorno')
one, two = [NetworkCoordinator.objects.get(pk=row.pk) for _ in 'ab']
said = together(lambda: coordinators.end(one, by=person('Anna'), reason='Lascia'),
                lambda: coordinators.end(two, by=person('Bice'), reason='Se ne va'))
tell(said=said, left=list(Activity.objects.filter(
    sentence__contains='finito il coordinamento della rete di Cora').values_list('note', flat=True)))
""",
    "what lies in the bin is put back by two": """
from portal.models import BinnedThing
from portal.pages import bin
space = space_of('SP-CESTINO', 'Olga')
page = TextPage(title='Cestinata', change_note='Nuova.', live=False)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
(row,) = bin.put([page], by=person('Olga'))
one, two = [BinnedThing.objects.get(pk=row.pk) for _ in 'ab']
said = together(lambda: bin.restore(one, by=person('Olga')) and '', lambda: bin.restore(two, by=person('Olga')) and '')
tell(said=said, left=[Page.objects.get(pk=page.pk).is_descendant_of(space.root_page)])
""",
    "an invitation is accepted and withdrawn": """
from portal.accounts import invitations
from portal.models import Invitation
who = person('Sara')
who.is_active = False
who.save()
ends = timezone.now() + timedelta(days=3)
row = Invitation.objects.create(person=who, invited_by=person('Anna'), nonce='x', expires_at=ends)
one, two = [Invitation.objects.get(pk=row.pk) for _ in 'ab']
said = together(lambda: invitations.accept(one, 'una-frase-lunga-9') and '',
                lambda: invitations.withdraw(two, by=person('Anna')))
row.refresh_from_db()
tell(said=said, left=[User.objects.get(pk=who.pk).is_active, row.withdrawn_at])
""",
    "two people are given one turn on call": """
from datetime import datetime
from coordination import shifts
from coordination.models import ServicePage
from coordination.models.shifts import Shift
space = space_of('SP-TURNI', 'Xena')
card = ServicePage(title='Pronto intervento', slug='pronto', change_note='Nuova.', live=True)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=card)
hours = datetime(2027, 1, 1, 8), datetime(2027, 1, 1, 9)
add = lambda: shifts.add(card, person('Xena'), hours, weeks=1, by=person('Xena')) and ''
said = together(add, add)
tell(said=said, left=[Shift.objects.filter(service=card).count()])
""",
    "a day of review is answered by two": """
from datetime import date
from portal.notices import reviews
space = space_of('SP-REVISIONE', 'Ysa', 'Zoe')
due = date(2026, 1, 1)
page = TextPage(title='Da rivedere', change_note='Nuova.', live=True, review_date=due)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
one, two = [TextPage.objects.get(pk=page.pk) for _ in 'ab']
later = date(2028, 1, 1)
said = together(lambda: reviews.confirm(one, by=person('Ysa'), due=due, next_on=later) and '',
                lambda: reviews.postpone(two, by=person('Zoe'), due=due, next_on=date(2027, 1, 1), reason='No') and '')
tell(said=said, left=[str(TextPage.objects.get(pk=page.pk).review_date)])
""",
    "the network is entrusted to one person by two": """
from portal.accounts import coordinators
from portal.models import NetworkCoordinator
who = person('Dora')
give = lambda: coordinators.entrust(who, by=None, reason='Dal primo giorno') and ''
said = together(give, give)
tell(said=said, left=[NetworkCoordinator.objects.filter(person=who).count()])
""",
}
ANSWERS: dict[str, tuple[str, list[Any]]] = {
    "a name is accepted and refused": ("NothingAsked", ["Nuova Prova", True]),
    "a report of personal data is handled by two": ("AlreadyHandled", ["Non sono dati", "Mara", 1]),
    "a report is answered by two": ("AlreadySettled", ["Ora c’è."]),
    "a report that was closed is answered": ("AlreadySettled", []),
    "a coordinator's time is ended by two": ("AlreadyEnded", ["Lascia"]),
    "what lies in the bin is put back by two": ("NoPlace", [True]),
    "an invitation is accepted and withdrawn": ("NotWaiting", [True, None]),
    "two people are given one turn on call": ("AlreadyOnCall", [1]),
    "a day of review is answered by two": ("AnsweredMeanwhile", ["2028-01-01"]),
    "the network is entrusted to one person by two": ("AlreadyCoordinates", [1]),
}


@pytest.mark.parametrize("name", DECIDED)
def test_of_two_who_decide_at_once_the_second_is_told_and_what_the_first_did_stays(town: Any, name: str) -> None:
    found, (refusal, left) = town(DECIDED[name]), ANSWERS[name]
    assert found["said"]["first"] == ""
    assert found["said"]["second"].partition(":")[0] == refusal
    assert found["left"] == left


APPROVALS = """
from portal.models import Activity
from portal.pages import approval, concurrent_edits
space = space_of('SP-APPROVA', 'Vera', 'Wanda')
roles.give_role(space, person('Autrice'), Role.EDITOR, by=None)
page = TextPage(title='{first} e {second}', change_note='Nuova.', live=False)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
page.save_revision(user=person('Autrice'))
page.get_workflow().start(page, person('Autrice'))
page = Page.objects.get(pk=page.pk)
revision = page.get_latest_revision()


def state():
    return Page.objects.get(pk=page.pk).current_workflow_task_state


waiting = {{name: state() for name in ('Vera', 'Wanda')}}
acts = {{
    'approves': lambda who: approval.approve(
        waiting[who], by=person(who), seen=concurrent_edits.mark(revision)) and '',
    'gives back': lambda who: approval.ask_for_changes(waiting[who], by=person(who), reason='Più corta'),
    'publishes': lambda who: revision.publish(user=person(who)) or '',
}}
said = together(lambda: acts['{first}']('Vera'), lambda: acts['{second}']('Wanda'))
page.refresh_from_db()
answers = Job.objects.filter(key=f'answer-mail:{{waiting["Vera"].pk}}').count()
tell(said=said, live=page.live, answers=answers)
"""


@pytest.mark.parametrize(
    ("first", "second", "refusal", "live"),
    [
        ("approves", "approves", "AlreadyDecided", True),
        ("approves", "gives back", "AlreadyDecided", True),
        ("gives back", "approves", "AlreadyDecided", False),
        ("publishes", "approves", "AlreadyDecided", True),
        ("publishes", "gives back", "AlreadyDecided", True),
        ("approves", "publishes", "", True),  # who may publish does so again; nobody is answered twice
    ],
)
def test_what_two_decide_at_once_on_one_text_is_decided_once(
    town: Any, first: str, second: str, refusal: str, live: bool
) -> None:
    found = town(APPROVALS.format(first=first, second=second))
    assert found["said"]["first"] == "" and found["said"]["second"].partition(":")[0] == refusal
    assert (found["live"], found["answers"]) == (live, 1)


ENDED_TWICE = {
    "a role": """
space = space_of('SP-DUE-RUOLI', 'Pia')
row = roles.give_role(space, person('Quinta'), Role.READER, by=None)
rows = [Membership.objects.get(pk=row.pk) for _ in 'ab']
end = lambda each: roles.take_role(each, by=None)
""",
    "the sharing of a page": """
from portal.models import PageShare
from portal.spaces import shares
space, other = space_of('SP-DA', 'Pia'), space_of('SP-A-CHI', 'Pia')
page = TextPage(title='Condivisa', change_note='Nuova.', live=True)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=page)
row = shares.share_page(page, other, by=None)
rows = [PageShare.objects.get(pk=row.pk) for _ in 'ab']
end = lambda each: shares.unshare_page(each, by=None)
""",
    "a turn on call": """
from datetime import datetime
from coordination import shifts
from coordination.models import ServicePage
from coordination.models.shifts import Shift
space = space_of('SP-TOLTO', 'Xena')
card = ServicePage(title='Reperibili', slug='reperibili', change_note='Nuova.', live=True)
Page.objects.get(pk=space.root_page_id).specific.add_child(instance=card)
hours = datetime(2027, 2, 1, 8), datetime(2027, 2, 1, 9)
(row,) = shifts.add(card, person('Xena'), hours, weeks=1, by=person('Xena'))
rows = [Shift.objects.select_related('service', 'person').get(pk=row.pk) for _ in 'ab']
end = lambda each: shifts.take_away(each, by=person('Xena'))
""",
}
TWICE = """
from portal.models import Activity
before = Activity.objects.count()
said = together(lambda: end(rows[0]), lambda: end(rows[1]))
tell(said=said, left=type(row).objects.filter(pk=row.pk).count(), written=Activity.objects.count() - before)
"""


@pytest.mark.parametrize("name", ENDED_TWICE)
def test_what_two_end_at_once_is_written_down_once(town: Any, name: str) -> None:
    assert town(ENDED_TWICE[name] + TWICE) == {"said": {"first": "", "second": ""}, "left": 0, "written": 1}
