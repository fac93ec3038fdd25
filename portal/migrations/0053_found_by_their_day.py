"""Pages by their day of review, and roles by their end, are found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0052_names_as_they_are_sorted'),
    ]

    operations = [
        migrations.AlterField(
            model_name='faqpage',
            name='review_date',
            field=models.DateField(blank=True, db_index=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='expires_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='fino a'),
        ),
        migrations.AlterField(
            model_name='newspage',
            name='review_date',
            field=models.DateField(blank=True, db_index=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro'),
        ),
        migrations.AlterField(
            model_name='textpage',
            name='review_date',
            field=models.DateField(blank=True, db_index=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro'),
        ),
    ]
