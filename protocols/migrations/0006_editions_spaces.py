"""Where each edition lay: as far as is known, where its page lies now."""

from django.db import migrations

STEPS = 3 * 4  # a space's first page lies at depth 3, each step of a path has four letters


def fill(apps, schema_editor):
    Edition = apps.get_model("protocols", "Edition")
    spaces = {space.root_page.path: space.pk for space in apps.get_model("portal", "Space").objects.all()}
    for pk, path in list(Edition.objects.filter(space=None).values_list("pk", "page__path")):
        if path[:STEPS] in spaces:
            Edition.objects.filter(pk=pk).update(space=spaces[path[:STEPS]])


class Migration(migrations.Migration):
    dependencies = [("protocols", "0005_editions_kept_whole")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
