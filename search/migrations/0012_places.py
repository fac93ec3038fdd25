from django.db import migrations, models

# As they were written first: where a section has come between since, until the page is saved again.
NUMBERED = """
UPDATE search_searchdocument SET place = (
    SELECT COUNT(*) FROM search_searchdocument AS before
    WHERE before."group" = search_searchdocument."group" AND before.id < search_searchdocument.id
)
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0011_addresses_by_number")]

    operations = [
        migrations.AddField(
            model_name="searchdocument",
            name="place",
            field=models.PositiveIntegerField(default=0, help_text="in the page or file, as one reads"),
        ),
        migrations.RunSQL(NUMBERED, migrations.RunSQL.noop),
    ]
