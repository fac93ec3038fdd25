import django.db.models.deletion
import django.utils.timezone
import modelsearch.index
import taggit.managers
import wagtail.fields
import wagtail.images.models
import wagtail.models.media
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('portal', '0001_people'),
        ('taggit', '0006_rename_taggeditem_content_type_object_id_taggit_tagg_content_8fc721_idx'),
        ('wagtailcore', '0098_apitoken'),
        ('wagtailcore', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalState',
            fields=[
                ('taskstate_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.taskstate')),
            ],
            bases=('wagtailcore.taskstate',),
        ),
        migrations.CreateModel(
            name='ApprovalTask',
            fields=[
                ('task_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.task')),
            ],
            options={
                'verbose_name': 'approvazione nello spazio',
                'verbose_name_plural': 'approvazioni nello spazio',
            },
            bases=('wagtailcore.task',),
        ),
        migrations.CreateModel(
            name='HomePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': 'pagina iniziale',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='SpacePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('intro', models.TextField(blank=True, help_text='Per chi è lo spazio, in una frase.', verbose_name='presentazione')),
            ],
            options={
                'verbose_name': 'pagina di uno spazio',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('term', models.CharField(max_length=80, unique=True, verbose_name='termine')),
                ('meaning', models.CharField(max_length=240, verbose_name='significato')),
                ('synonyms', models.JSONField(blank=True, default=list, verbose_name='si dice anche')),
                ('relation', models.CharField(choices=[('=', 'vale nei due sensi'), ('>', 'porta al termine corrente'), ('!', 'sigla con più significati')], default='=', max_length=1, verbose_name='relazione')),
                ('note', models.CharField(blank=True, max_length=240, verbose_name='nota')),
            ],
            options={
                'verbose_name': 'termine del glossario',
                'verbose_name_plural': 'glossario',
                'ordering': ['term'],
            },
        ),
        migrations.CreateModel(
            name='DigestPreference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('frequency', models.CharField(choices=[('giorno', 'ogni giorno feriale'), ('settimana', 'una volta alla settimana'), ('mai', 'mai')], default='settimana', max_length=9, verbose_name='quanto spesso')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'lunedì'), (1, 'martedì'), (2, 'mercoledì'), (3, 'giovedì'), (4, 'venerdì')], default=0, verbose_name='quale giorno')),
                ('hour', models.PositiveSmallIntegerField(choices=[(6, '6:00'), (7, '7:00'), (8, '8:00'), (9, '9:00'), (10, '10:00'), (11, '11:00'), (12, '12:00'), (13, '13:00'), (14, '14:00'), (15, '15:00'), (16, '16:00'), (17, '17:00'), (18, '18:00'), (19, '19:00'), (20, '20:00')], default=8, verbose_name='a che ora')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='digest_preference', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'preferenza del digest',
                'verbose_name_plural': 'preferenze del digest',
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=255, verbose_name='title')),
                ('file', models.FileField(upload_to='documents', verbose_name='file')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('file_size', models.PositiveBigIntegerField(editable=False, null=True)),
                ('file_hash', models.CharField(blank=True, editable=False, max_length=40)),
                ('sha256', models.CharField(blank=True, editable=False, max_length=64)),
                ('reading_state', models.CharField(choices=[('attesa', 'da leggere'), ('letto', 'letto'), ('illeggibile', 'testo non leggibile')], default='attesa', editable=False, max_length=12)),
                ('reading_problem', models.CharField(blank=True, editable=False, max_length=240)),
                ('text_pages', models.JSONField(blank=True, default=list, editable=False)),
                ('signatures', models.JSONField(blank=True, default=list, editable=False)),
                ('collection', models.ForeignKey(default=wagtail.models.media.get_root_collection_id, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtailcore.collection', verbose_name='collection')),
                ('tags', taggit.managers.TaggableManager(blank=True, help_text='A comma-separated list of tags.', through='taggit.TaggedItem', to='taggit.Tag', verbose_name='Tags')),
                ('uploaded_by_user', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='caricato da')),
            ],
            options={
                'verbose_name': 'documento',
                'verbose_name_plural': 'documenti',
                'abstract': False,
            },
            bases=(modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='FaqPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('code', models.CharField(blank=True, help_text='Per esempio PR-02. La pagina risponde a /p/PR-02/.', max_length=12, verbose_name='codice')),
                ('summary', models.CharField(blank=True, help_text='La legge chi trova la pagina in un elenco.', max_length=240, verbose_name='in una frase')),
                ('review_date', models.DateField(blank=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro')),
                ('change_note', models.CharField(help_text='Una frase per chi legge: compare nelle novità e nel digest. Serve per pubblicare.', max_length=240, verbose_name='che cosa cambia')),
                ('body', wagtail.fields.StreamField([('section', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Titolo della sezione', 'max_length': 120}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link', 'h3'], 'label': 'Testo', 'required': False}), 2: ('wagtail.blocks.CharBlock', (), {'label': 'Chi o che cosa'}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Testo', 'max_length': 600}), 4: ('wagtail.blocks.StructBlock', [[('term', 2), ('text', 3)]], {}), 5: ('wagtail.blocks.ListBlock', (4,), {'default': [], 'label': 'Righe (chi fa che cosa, tempi, contatti)', 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('heading', 0), ('text', 1), ('rows', 5)]], {})}, verbose_name='risposta')),
                ('responsible', models.ForeignKey(blank=True, help_text='Il suo nome e telefono stanno in fondo alla pagina.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='chi ne risponde')),
            ],
            options={
                'verbose_name': 'quesito',
                'verbose_name_plural': 'quesiti',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=255, verbose_name='title')),
                ('file', wagtail.images.models.WagtailImageField(height_field='height', upload_to=wagtail.images.models.get_upload_to, verbose_name='file', width_field='width')),
                ('description', models.CharField(blank=True, default='', max_length=255, verbose_name='description')),
                ('width', models.IntegerField(editable=False, verbose_name='width')),
                ('height', models.IntegerField(editable=False, verbose_name='height')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True, verbose_name='created at')),
                ('focal_point_x', models.PositiveIntegerField(blank=True, null=True)),
                ('focal_point_y', models.PositiveIntegerField(blank=True, null=True)),
                ('focal_point_width', models.PositiveIntegerField(blank=True, null=True)),
                ('focal_point_height', models.PositiveIntegerField(blank=True, null=True)),
                ('file_size', models.PositiveIntegerField(editable=False, null=True)),
                ('file_hash', models.CharField(blank=True, db_index=True, editable=False, max_length=40)),
                ('collection', models.ForeignKey(default=wagtail.models.media.get_root_collection_id, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtailcore.collection', verbose_name='collection')),
                ('tags', taggit.managers.TaggableManager(blank=True, help_text='A comma-separated list of tags.', through='taggit.TaggedItem', to='taggit.Tag', verbose_name='Tags')),
                ('uploaded_by_user', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='caricato da')),
            ],
            options={
                'verbose_name': 'immagine',
                'verbose_name_plural': 'immagini',
                'abstract': False,
            },
            bases=(wagtail.images.models.ImageFileMixin, modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('function', models.CharField(max_length=120)),
                ('args', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('attesa', 'in attesa'), ('fatto', 'fatto'), ('fallito', 'fallito')], default='attesa', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('asked', models.PositiveIntegerField(default=1, help_text='how often the work was asked for')),
                ('problem', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('touched_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'lavoro',
                'verbose_name_plural': 'lavori',
                'indexes': [models.Index(fields=['state', 'touched_at'], name='job_state')],
            },
        ),
        migrations.CreateModel(
            name='NewsPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('code', models.CharField(blank=True, help_text='Per esempio PR-02. La pagina risponde a /p/PR-02/.', max_length=12, verbose_name='codice')),
                ('summary', models.CharField(blank=True, help_text='La legge chi trova la pagina in un elenco.', max_length=240, verbose_name='in una frase')),
                ('review_date', models.DateField(blank=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro')),
                ('change_note', models.CharField(help_text='Una frase per chi legge: compare nelle novità e nel digest. Serve per pubblicare.', max_length=240, verbose_name='che cosa cambia')),
                ('news_kind', models.CharField(choices=[('notizia', 'Notizia'), ('opportunità', 'Opportunità')], default='notizia', max_length=12, verbose_name='che cos’è')),
                ('body', wagtail.fields.StreamField([('section', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Titolo della sezione', 'max_length': 120}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link', 'h3'], 'label': 'Testo', 'required': False}), 2: ('wagtail.blocks.CharBlock', (), {'label': 'Chi o che cosa'}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Testo', 'max_length': 600}), 4: ('wagtail.blocks.StructBlock', [[('term', 2), ('text', 3)]], {}), 5: ('wagtail.blocks.ListBlock', (4,), {'default': [], 'label': 'Righe (chi fa che cosa, tempi, contatti)', 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('heading', 0), ('text', 1), ('rows', 5)]], {})}, verbose_name='testo')),
                ('responsible', models.ForeignKey(blank=True, help_text='Il suo nome e telefono stanno in fondo alla pagina.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='chi ne risponde')),
            ],
            options={
                'verbose_name': 'notizia',
                'verbose_name_plural': 'notizie',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='Space',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True, verbose_name='codice')),
                ('name', models.CharField(max_length=120, verbose_name='nome')),
                ('purpose', models.CharField(blank=True, max_length=240, verbose_name='a che cosa serve')),
                ('visibility', models.CharField(choices=[('riservato', 'riservato a chi ha un ruolo'), ('pubblico', 'aperto a chiunque')], default='riservato', max_length=12, verbose_name='visibilità')),
                ('collection', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='space', to='wagtailcore.collection')),
                ('root_page', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='space', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': 'spazio',
                'verbose_name_plural': 'spazi',
                'ordering': ['name'],
                'permissions': [('contribute_space', 'scrivere nello spazio'), ('approve_space', 'approvare nello spazio'), ('manage_space', 'decidere chi entra nello spazio')],
            },
        ),
        migrations.CreateModel(
            name='TextPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('code', models.CharField(blank=True, help_text='Per esempio PR-02. La pagina risponde a /p/PR-02/.', max_length=12, verbose_name='codice')),
                ('summary', models.CharField(blank=True, help_text='La legge chi trova la pagina in un elenco.', max_length=240, verbose_name='in una frase')),
                ('review_date', models.DateField(blank=True, help_text='A quella data chi ne risponde è avvisato.', null=True, verbose_name='da rivedere entro')),
                ('change_note', models.CharField(help_text='Una frase per chi legge: compare nelle novità e nel digest. Serve per pubblicare.', max_length=240, verbose_name='che cosa cambia')),
                ('body', wagtail.fields.StreamField([('section', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Titolo della sezione', 'max_length': 120}), 1: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link', 'h3'], 'label': 'Testo', 'required': False}), 2: ('wagtail.blocks.CharBlock', (), {'label': 'Chi o che cosa'}), 3: ('wagtail.blocks.CharBlock', (), {'label': 'Testo', 'max_length': 600}), 4: ('wagtail.blocks.StructBlock', [[('term', 2), ('text', 3)]], {}), 5: ('wagtail.blocks.ListBlock', (4,), {'default': [], 'label': 'Righe (chi fa che cosa, tempi, contatti)', 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('heading', 0), ('text', 1), ('rows', 5)]], {})}, verbose_name='testo')),
                ('responsible', models.ForeignKey(blank=True, help_text='Il suo nome e telefono stanno in fondo alla pagina.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='chi ne risponde')),
            ],
            options={
                'verbose_name': 'pagina di testo',
                'verbose_name_plural': 'pagine di testo',
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window_start', models.DateTimeField()),
                ('window_end', models.DateTimeField()),
                ('state', models.CharField(choices=[('dovuto', 'da inviare'), ('preso', 'in invio'), ('inviato', 'inviato'), ('vuoto', 'niente da dire'), ('fallito', 'non riuscito')], default='dovuto', max_length=8)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('problem', models.TextField(blank=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'invio del digest',
                'verbose_name_plural': 'invii del digest',
                'ordering': ['-window_end'],
                'constraints': [models.UniqueConstraint(fields=('user', 'window_end'), name='one_digest_per_window')],
            },
        ),
        migrations.CreateModel(
            name='PageGroupGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.WAGTAIL_PAGE_MODEL)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
            ],
            options={
                'abstract': False,
                'unique_together': {('group', 'permission', 'content_object')},
            },
        ),
        migrations.CreateModel(
            name='PageUserGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.WAGTAIL_PAGE_MODEL)),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'unique_together': {('user', 'permission', 'content_object')},
            },
        ),
        migrations.CreateModel(
            name='Rendition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filter_spec', models.CharField(db_index=True, max_length=255)),
                ('file', wagtail.images.models.WagtailImageField(height_field='height', storage=wagtail.images.models.get_rendition_storage, upload_to=wagtail.images.models.get_rendition_upload_to, width_field='width')),
                ('width', models.IntegerField(editable=False)),
                ('height', models.IntegerField(editable=False)),
                ('focal_point_key', models.CharField(blank=True, default='', editable=False, max_length=16)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='renditions', to='portal.image')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('image', 'filter_spec', 'focal_point_key'), name='unique_rendition')],
            },
            bases=(wagtail.images.models.ImageFileMixin, models.Model),
        ),
        migrations.CreateModel(
            name='PageShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, max_length=240, verbose_name='perché')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to=settings.WAGTAIL_PAGE_MODEL)),
                ('space', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shared_pages', to='portal.space')),
            ],
            options={
                'verbose_name': 'condivisione di una pagina',
                'verbose_name_plural': 'condivisioni di pagine',
                'constraints': [models.UniqueConstraint(fields=('page', 'space'), name='page_shared_once_per_space')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.PositiveSmallIntegerField(choices=[(1, 'lettore'), (2, 'redattore'), (3, 'approvatore'), (4, 'responsabile')], verbose_name='ruolo')),
                ('reason', models.CharField(blank=True, max_length=240, verbose_name='perché')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='fino a')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='auth.group')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('space', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='portal.space')),
            ],
            options={
                'verbose_name': 'ruolo in uno spazio',
                'verbose_name_plural': 'ruoli negli spazi',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('group__isnull', True), ('user__isnull', False)), models.Q(('group__isnull', False), ('user__isnull', True)), _connector='OR'), name='membership_person_or_group'), models.UniqueConstraint(fields=('space', 'user'), name='membership_once_per_person'), models.UniqueConstraint(fields=('space', 'group'), name='membership_once_per_group')],
            },
        ),
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verb', models.CharField(choices=[('pubblicato', 'ha pubblicato'), ('ritirato', 'ha ritirato'), ('condiviso', 'ha condiviso'), ('non-condiviso', 'ha tolto la condivisione di'), ('ruolo-dato', 'ha dato un ruolo'), ('ruolo-tolto', 'ha tolto un ruolo'), ('ruolo-scaduto', 'ruolo scaduto'), ('spazio-aperto', 'ha aperto lo spazio'), ('file-aggiunto', 'ha aggiunto un file')], max_length=16)),
                ('sentence', models.TextField(blank=True)),
                ('note', models.TextField(blank=True)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='activities', to=settings.WAGTAIL_PAGE_MODEL)),
                ('space', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='activities', to='portal.space')),
            ],
            options={
                'verbose_name': 'attività',
                'verbose_name_plural': 'attività',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['page', 'verb', '-at'], name='activity_page_verb')],
            },
        ),
        migrations.CreateModel(
            name='SpaceGroupPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='portal.space')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
            ],
            options={
                'abstract': False,
                'unique_together': {('group', 'permission', 'content_object')},
            },
        ),
    ]
