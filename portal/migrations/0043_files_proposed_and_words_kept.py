import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portal.models.file_versions


def keep_only_news(apps, schema_editor):
    """Going back there is room for one text in a space: that of a news."""
    apps.get_model('portal.UnfinishedWords').objects.exclude(about='').delete()


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0042_documents_in_a_table_to_check'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.RenameModel(old_name='UnfinishedNews', new_name='UnfinishedWords'),
        migrations.AlterModelOptions(
            name='unfinishedwords',
            options={'verbose_name': 'testo non finito', 'verbose_name_plural': 'testi non finiti'},
        ),
        migrations.RemoveConstraint(
            model_name='unfinishedwords',
            name='one_unfinished_news_in_a_space',
        ),
        migrations.AddField(
            model_name='unfinishedwords',
            name='about',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.RunPython(migrations.RunPython.noop, keep_only_news),
        migrations.AddConstraint(
            model_name='unfinishedwords',
            constraint=models.UniqueConstraint(fields=('person', 'space', 'about'), name='one_unfinished_text_about_a_thing'),
        ),
        migrations.AlterField(
            model_name='newspage',
            name='news_kind',
            field=models.CharField(choices=[('notizia', 'Notizia'), ('circolare', 'Circolare'), ('opportunità', 'Opportunità')], default='notizia', max_length=12, verbose_name='che cos’è'),
        ),
        migrations.CreateModel(
            name='ProposedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.FileField(upload_to=portal.models.file_versions.apart)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reason', models.CharField(max_length=240, verbose_name='perché')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='proposed', to='portal.document')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposed_files', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={'verbose_name': 'file proposto', 'verbose_name_plural': 'file proposti'},
        ),
    ]
