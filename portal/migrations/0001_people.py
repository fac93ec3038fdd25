import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='posta elettronica')),
                ('profession', models.CharField(blank=True, max_length=120, verbose_name='professione')),
                ('telephone', models.CharField(blank=True, max_length=40, verbose_name='telefono')),
                ('valid_until', models.DateTimeField(blank=True, help_text='Dopo questo momento la persona non entra più.', null=True, verbose_name='account valido fino a')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'persona',
                'verbose_name_plural': 'persone',
                'ordering': ['last_name', 'first_name'],
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160, unique=True, verbose_name='nome')),
                ('slug', models.SlugField(unique=True, verbose_name='indirizzo breve')),
                ('kind', models.CharField(choices=[('comune', 'Comune'), ('azienda', 'Azienda sanitaria'), ('consorzio', 'Consorzio'), ('terzo', 'Terzo settore'), ('altro', 'Altro')], max_length=12, verbose_name='tipo')),
                ('area', models.CharField(blank=True, max_length=60, verbose_name='area')),
                ('population', models.PositiveIntegerField(blank=True, null=True, verbose_name='abitanti')),
                ('population_source', models.CharField(blank=True, max_length=160, verbose_name='fonte degli abitanti')),
                ('population_date', models.DateField(blank=True, null=True, verbose_name='data degli abitanti')),
                ('contact', models.CharField(blank=True, max_length=160, verbose_name='contatto')),
                ('telephone', models.CharField(blank=True, max_length=40, verbose_name='telefono')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='posta elettronica')),
                ('group', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='organisation', to='auth.group')),
            ],
            options={
                'verbose_name': 'ente',
                'verbose_name_plural': 'enti',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='user',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='portal.organisation', verbose_name='ente'),
        ),
    ]
