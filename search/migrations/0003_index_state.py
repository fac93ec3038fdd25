from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search", "0002_superseded")]

    operations = [
        migrations.CreateModel(
            name="IndexState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("written", models.CharField(blank=True, max_length=32)),
                ("begun", models.CharField(blank=True, max_length=32)),
            ],
            options={"verbose_name": "stato dell’indice", "verbose_name_plural": "stati dell’indice"},
        ),
    ]
