"""A body's people and the admin's copy of what they may do."""

from portal.models import Organisation, Role
from portal.spaces.role_copy import role_group, sync_space
from portal.spaces.roles import give_role


def test_who_moves_to_a_body_that_writes_in_a_space_gets_its_rights_in_the_admin_and_loses_them_on_leaving(person, as_):
    from portal.demo import space

    minors, office = space("SP-COORD"), Organisation.objects.get(slug="ausl")
    give_role(minors, office.group, Role.EDITOR, by=person("coordinator"), reason="Prova")
    worker, before = person("worker"), person("worker").organisation
    editors = role_group(minors, Role.EDITOR)
    assert not editors.user_set.filter(pk=worker.pk).exists()
    worker.organisation = office
    worker.save()
    assert editors.user_set.filter(pk=worker.pk).exists()
    assert as_("worker").get(f"/admin/pages/{minors.root_page_id}/").status_code == 200
    worker.organisation = before
    worker.save()
    assert not editors.user_set.filter(pk=worker.pk).exists()
    assert as_("worker").get(f"/admin/pages/{minors.root_page_id}/").status_code == 404
    assert sync_space(minors) == 0
