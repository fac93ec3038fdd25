"""Pages by their day of review, and roles by their end, are found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('coordination', '0018_guests_read_the_summary'),
    ]

    operations = [
        migrations.AlterField(
            model_name='meetingpage',
            name='review_date',
            field=models.DateField(blank=True, db_index=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro'),
        ),
        migrations.AlterField(
            model_name='servicepage',
            name='review_date',
            field=models.DateField(blank=True, db_index=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro'),
        ),
    ]
