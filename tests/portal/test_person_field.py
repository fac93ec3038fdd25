"""A person is chosen from a short list, and by name where they are many; nobody is guessed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from portal import demo
from portal.accounts import handover, person_field
from portal.models import Absence, Organisation, User
from tests.shown import body

pytestmark = pytest.mark.django_db
Given = Callable[[str], Any]


@pytest.fixture
def many(db: None) -> None:
    """Three hundred people more, two of one name in two bodies."""
    bodies = list(Organisation.objects.order_by("pk")[:2])
    User.objects.bulk_create(
        User(email=f"ada{n}@raccordo.example", first_name="Ada", last_name=f"Cognome{n}", organisation=bodies[n % 2])
        for n in range(300)
    )  # fmt: skip
    User.objects.bulk_create(
        User(email=f"nora.dalì{n}@raccordo.example", first_name="Nora", last_name="D’Alì", organisation=body)
        for n, body in enumerate(bodies)
    )


def typed(**more: str) -> dict[str, str]:
    return {"since": "01/12/2026", "until": "31/12/2036", **more}


def test_among_many_a_typed_name_is_found_or_offered_with_the_body_and_never_guessed(
    as_: Given, person: Given, many: None
) -> None:
    client, away = as_("coordinator"), person("worker")
    address = f"/rete/persone/{away.pk}/assenza/"
    shown = body(client.get(address))
    assert "<select" not in shown.partition("<main")[2] and "Cognome7" not in shown
    asked = body(client.post(address, typed(substitute="nora d'ali")))
    assert "Ne trovo più d’uno" in asked and not Absence.objects.filter(person=away).exists()
    twins = User.objects.filter(last_name="D’Alì").select_related("organisation")
    for each in twins:
        assert f"{each.organisation}, {each.email}" in asked
    assert "Non trovo nessuno" in body(client.post(address, typed(substitute="Nessuno Così")))
    assert "Sono in molti" in body(client.post(address, typed(substitute="ada")))
    chosen = {"substitute": "nora d'ali", "substitute-per": "nora d'ali", "substitute-chi": str(twins[1].pk)}
    changed = body(client.post(address, typed(**chosen | {"substitute": "Ada Cognome7", "until": "mai"})))
    assert "Cognome7 Ada" in changed.partition("<main")[2]  # another name was typed since: the choice is no more
    assert client.post(address, typed(**chosen)).status_code == 302
    assert Absence.objects.get(person=away).substitute == twins[1]


def test_among_many_the_handover_takes_a_name_or_an_end_for_each_thing(as_: Given, person: Given, many: None) -> None:
    client, leaver, keeper = as_("coordinator"), person("worker"), person("coordinator")
    address = f"/rete/persone/{leaver.pk}/uscita/"
    ends = next(item for item in handover.items(leaver, keeper) if item.may_end and not item.is_named)
    shown = body(client.get(address))
    assert f'name="{ends.key}-chi" value="fine"' in shown and len(shown) < 200_000
    refused = body(client.post(address, {"to_all": "Ada"}))
    assert "Sono in molti" in refused and person("worker").is_active
    done = client.post(address, {"to_all": "Nadia El Amrani", f"{ends.key}-chi": "fine", f"{ends.key}-per": ""})
    assert done.status_code == 302 and not person("worker").is_active
    assert not handover.items(person("worker"), keeper)


def test_few_are_shown_in_a_list_by_surname_with_the_body(as_: Given, person: Given) -> None:
    shown = body(as_("coordinator").get(f"/rete/persone/{person('worker').pk}/assenza/"))
    assert f'<option value="{person("coordinator").pk}">Bonacchi Chiara, ' in shown
    assert User.objects.count() < person_field.FEW


def test_an_editor_among_many_chooses_by_name_and_learns_of_nobody_else(as_: Given, many: None) -> None:
    client, twin = as_("coordinator"), User.objects.filter(last_name="D’Alì").select_related("organisation")[1]
    add = f"/admin/pages/add/coordination/meetingpage/{demo.space('SP-RETE').root_page_id}/"
    shown = client.get(add).content.decode()
    assert 'name="chair"' in shown and "Cognome7" not in shown and len(shown) < 400_000
    found = client.get("/admin/persone/scegli/results/?q=nora+dali").content.decode() + client.get(
        "/admin/persone/scegli/results/?q=d%27ali").content.decode()  # fmt: skip
    assert str(twin.organisation) in found and "Cognome7" not in found
    chosen = json.loads(client.get(f"/admin/persone/scegli/chosen/{twin.pk}/").content)
    assert chosen["result"]["title"] == f"D’Alì Nora, {twin.organisation}"
    writer = as_("worker_mountain")
    stranger = User.objects.get(last_name="Cognome7")
    refused = writer.get(f"/admin/persone/scegli/chosen/{stranger.pk}/")
    assert refused.status_code in (302, 404)
