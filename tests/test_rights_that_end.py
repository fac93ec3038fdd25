"""A right ends while nobody works in the background: from that moment what it opened is found nowhere.

The things of a closed space, planted as in `test_leaks.py`, are opened to somebody in each way that there is, and found
by that person everywhere; then the way is closed. The index still holds them as they were; no job runs, and no clock.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from portal import demo
from portal.accounts import working_life
from portal.background import jobs
from portal.models import Job, Membership, Organisation
from portal.models.jobs import JobState, Lane
from portal.models.spaces import Role, Visibility
from portal.notices import acknowledgements
from portal.spaces import opening, roles, shares
from protocols.models import ProtocolPage
from search import index as search_index
from tests import own_index
from tests.test_leaks import (
    COORD,
    MINORI,
    PORTAL,
    WORD,
    Planted,
    Undone,
    admin_addresses,
    cast,
    digest_of,
    enter,
    look,
    plant,
)

pytestmark = pytest.mark.django_db
NEWCOMER, PARTNER = "newcomer", "partner"
FOUND_AT = [f"/cerca/?q={WORD}&format=json", f"/cerca/?q={WORD}", "/cerca/suggerimenti/?q=zib", "/novita/"]


@pytest.fixture(scope="module")
def planted(demo_on_a_server: Any, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Planted]:
    own = own_index.of_demo(tmp_path_factory.mktemp("ends") / "index", demo_on_a_server)
    with django_db_blocker.unblock(), own, suppress(Undone), transaction.atomic():
        here = plant(MINORI)
        search_index.apply_pending()
        yield here
        raise Undone


def role(here: Planted) -> Callable[[], object]:
    given = roles.give_role(here.space, cast(NEWCOMER), Role.READER, by=None)
    return lambda: roles.take_role(given, by=None)


def role_of_an_editor_whose_time_is_over(here: Planted) -> Callable[[], object]:
    """Its copy for Wagtail's admin stays until the clock's next turn."""
    given = roles.give_role(here.space, cast(NEWCOMER), Role.EDITOR, by=None, expires_at=timezone.now() + timedelta(1))
    return lambda: Membership.objects.filter(pk=given.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def role_of_a_group_that_one_leaves(here: Planted) -> Callable[[], object]:
    group = Group.objects.create(name="Chi segue")
    cast(NEWCOMER).groups.add(group)
    roles.give_role(here.space, group, Role.READER, by=None)
    return lambda: cast(NEWCOMER).groups.remove(group)


def role_of_a_body_that_one_leaves(here: Planted) -> Callable[[], object]:
    person, other = cast(NEWCOMER), Organisation.objects.exclude(pk=cast(NEWCOMER).organisation_id).first()
    assert person.organisation is not None and other is not None
    roles.give_role(here.space, person.organisation.group, Role.READER, by=None)
    return lambda: working_life.move(person, other, since=timezone.localdate(), by=cast("coordinator"))


def a_space_that_was_open(here: Planted) -> Callable[[], object]:
    before = here.space.visibility
    opening.set_visibility(here.space, Visibility.PUBLIC, by=None)
    return lambda: opening.set_visibility(here.space, before, by=None)


def share(here: Planted) -> Callable[[], object]:
    space = demo.space("SP-TERZO")
    found = [shares.share_page(page, space, by=None) for page in here.pages if page.live]
    return lambda: [shares.unshare_page(each, by=None) for each in found]


def a_page_opened_to_a_person(here: Planted) -> Callable[[], object]:
    pages = [page for page in here.pages if page.live]
    for page in pages:
        shares.grant_page(page, cast(NEWCOMER), by=None)
    return lambda: [shares.revoke_page(page, cast(NEWCOMER), by=None) for page in pages]


def a_page_opened_to_a_group(here: Planted) -> Callable[[], object]:
    group = Group.objects.create(name="Chi legge una pagina")
    cast(NEWCOMER).groups.add(group)
    for page in here.pages:
        if page.live:
            shares.grant_page(page, group, by=None)
    return lambda: cast(NEWCOMER).groups.remove(group)


def pages_that_are_withdrawn(here: Planted) -> Callable[[], object]:
    share(here)
    return lambda: [Page.objects.get(pk=page.pk).specific.unpublish() for page in here.pages if page.live]


def pages_that_move_where_one_does_not_read(here: Planted) -> Callable[[], object]:
    share(here)
    target = demo.space(f"SP-{COORD.upper()}").root_page

    def move() -> None:
        for page in here.pages:
            fresh = Page.objects.get(pk=page.pk)
            if fresh.depth == here.space.root_page.depth + 1:
                fresh.move(Page.objects.get(pk=target.pk), pos="last-child")

    return move


WAYS: dict[str, tuple[str, Callable[[Planted], Callable[[], object]]]] = {
    each.__name__: (who, each)
    for who, each in [
        (NEWCOMER, role), (NEWCOMER, role_of_an_editor_whose_time_is_over), (NEWCOMER, role_of_a_group_that_one_leaves),
        (NEWCOMER, role_of_a_body_that_one_leaves), (NEWCOMER, a_space_that_was_open), (PARTNER, share),
        (NEWCOMER, a_page_opened_to_a_person), (NEWCOMER, a_page_opened_to_a_group),
        (PARTNER, pages_that_are_withdrawn), (PARTNER, pages_that_move_where_one_does_not_read),
    ]
}  # fmt: skip


def everything(who: str, here: Planted, way: str) -> dict[str, set[str]]:
    """Where a word of the space is found; Wagtail's admin is asked where the right was one to write."""
    addresses = [*PORTAL, *here.addresses, *(admin_addresses(here) if "editor" in way else [])]
    for page in here.pages:
        addresses += [f"/p/{page.slug}/", f"/cerca/?q={WORD}&spazio=SP-MINORI&format=json",
                      f"/cerca/suggerimenti/?q={page.title.split()[1][:14]}", f"/pagine/{page.pk}/vedi-come/",
                      f"/pagine/{page.pk}/prova/", f"/pagine/{page.pk}/file/"]  # fmt: skip
    found = look(enter(who), list(dict.fromkeys(addresses))) | {"digest": digest_of(who)}
    return {where: {word for word in words if word.endswith(MINORI) or "500" in word} for where, words in found.items()}


def files(who: str, here: Planted) -> dict[str, int]:
    """How each of what is no page answers: the file, papers, an edition of before, the comparison of two."""
    protocol = next(page for page in here.pages if isinstance(page, ProtocolPage))
    past = f"/p/{protocol.slug}/edizioni"
    asked = [
        here.document.url, f"{past}/1.0/", f"{past}/1.0/confronta/2.0/", f"{past}/2.0/pdf/", f"{past}/1.0/pdf/",
        f"/p/{protocol.slug}/recepimenti/quarrata/",
    ]  # fmt: skip
    client = enter(who)
    return {where: client.get(where).status_code for where in asked}


def renditions(who: str, here: Planted) -> set[int]:
    client = enter(who)
    return {client.get(f"/media/{each.file.name}").status_code for each in here.image.renditions.all()}


def mailed(who: str) -> str:
    """What was asked to be mailed before, and is written only now."""
    mail.outbox.clear()
    for job in Job.objects.filter(lane=Lane.MAIL, state=JobState.WAITING):
        jobs.run(job.pk)
    return "".join(f"{each.subject}{each.body}" for each in mail.outbox if cast(who).email in each.to)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_right_opened_is_nowhere_from_the_moment_it_ends(way: str, planted: Planted) -> None:
    who, opens = WAYS[way]
    with suppress(Undone), transaction.atomic():
        closes = opens(planted)
        search_index.apply_pending()
        open_to = look(enter(who), FOUND_AT)
        assert [where for where in FOUND_AT if not open_to[where]] == [] and digest_of(who)
        assert set(files(who, planted).values()) <= {200, 202}
        asked = timezone.localdate() + timedelta(days=3)
        for page in planted.pages:
            if page.live:
                acknowledgements.ask(page, by=cast("coordinator"), due=asked, is_required=True, spaces=[], bodies=[],
                                     people=[cast(who)])  # fmt: skip
        closes()
        after = {where: words for where, words in everything(who, planted, way).items() if words}
        # Whoever a page would be open to is told at its own address that it is withdrawn, with its title.
        told = {where for where in after if enter(who).get(where).status_code == 410}
        assert {where: words for where, words in after.items() if where not in told} == {}
        assert bool(told) == (way == "pages_that_are_withdrawn")
        assert set(files(who, planted).values()) == {404}
        assert renditions(who, planted) == {404}
        assert WORD not in mailed(who)
        raise Undone


def test_a_picture_and_its_sizes_are_open_to_who_writes_there(planted: Planted) -> None:
    """Else that they are closed afterwards would prove nothing."""
    assert renditions("worker_minors", planted) == {200}
