"""Where an uploaded file goes, and what can be said of it at once.

From a page's editor it goes to that page's space; anywhere else its author chooses, unless there is one space
only. No audience is a default.
"""

import re
import struct
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, resolve
from django.utils.functional import cached_property
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image as PILImage
from wagtail.admin.forms.collections import BaseCollectionMemberForm
from wagtail.admin.ui.tables import Column
from wagtail.documents.forms import BaseDocumentForm
from wagtail.documents.views import multiple as documents
from wagtail.documents.views.documents import IndexView
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm
from wagtail.images.views import multiple as images
from wagtail.models import Collection, Page

from portal import access
from portal.models.spaces import Space
from portal.personal_data import reports
from portal.personal_data.guard import no_personal_data

from . import looking

EDITORS = {"wagtailadmin_pages:edit": "page_id", "wagtailadmin_pages:add": "parent_page_id"}
LONGEST_NAME = 80  # what a disk and a column hold, with the letters that make a name unique


def space_of_editor(request: HttpRequest) -> Space | None:
    """The space of the page in whose editor the chooser stands: the browser says from which address it asks."""
    try:
        match = resolve(urlsplit(request.headers.get("Referer", "")).path)
    except (Resolver404, ValueError):
        return None
    key = match.kwargs.get(EDITORS.get(match.view_name, ""))
    page = Page.objects.filter(pk=key).first() if key else None
    space = access.space_of(page) if page else None
    return space if space and access.can(request.user, "edit", space) else None


# --- The place -------------------------------------------------------------------------------------------


def in_words(collection: Collection) -> str:
    """A space among those to choose from; of a public one, what that means."""
    space = getattr(collection, "space", None)
    if space is not None and space.is_public:
        return _("%(space)s (chiunque, anche senza accesso, lo leggerà)") % {"space": space}
    return str(space or collection.name)


def of_spaces(collections: Any) -> QuerySet[Collection]:
    """Files lie in spaces; what lies outside them, only an administrator sees."""
    return Collection.objects.filter(pk__in=[each.pk for each in collections], space__isnull=False).select_related(
        "space"
    )


class PlacedForm(BaseCollectionMemberForm):
    """A file's form: its space is the page's, or chosen; of what is wrong with the file, one sentence."""

    def __init__(self, *args: Any, space: Space | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance.pk is not None
        if space is not None:
            self.collections = Collection.objects.filter(pk=space.collection_id)
        elif not known:
            self.collections = of_spaces(self.collections)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.validators = [*field.validators, no_personal_data]
        if (file := self.fields.get("file")) and file.max_upload_size:
            file.help_text = _("Al massimo %(size)s.") % {"size": filesizeformat(file.max_upload_size)}
        if len(self.collections) == 1:
            self.fields.pop("collection", None)
        elif field := self.fields.get("collection"):
            field.label, field.empty_label = _("Spazio"), _("Scegli lo spazio")
            field.label_from_instance = in_words
            field.queryset = self.collections.select_related("space")
            if not known and not self.is_bound:
                self.initial["collection"] = None

    def full_clean(self) -> None:
        super().full_clean()
        if "file" in self.errors:
            self.errors["file"] = self.error_class(self.errors["file"].as_data()[:1])

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        is_new = bool(file) and "file" in self.changed_data
        if is_new:
            no_personal_data(" ".join(re.split(r"[_.-]", Path(file.name).stem)))
        if is_new and (problem := name_problem(file.name) or self.content_problem(file)):
            raise ValidationError(problem)
        return file

    def content_problem(self, file: Any) -> str:
        return ""


def name_problem(name: str) -> str:
    """Why a file cannot be kept under its name."""
    if len(name) > LONGEST_NAME or len(name.encode()) > 2 * LONGEST_NAME:
        return _("Il nome del file è troppo lungo: accorcialo a %(most)d lettere e ricaricalo.") % {
            "most": LONGEST_NAME
        }
    stem, ending = Path(name).stem, Path(name).suffix
    if not any(letter.isalnum() for letter in stem.replace(ending, "")):
        return _("Nel nome del file ci vuole almeno una lettera o un numero: rinominalo e ricaricalo.")
    if ending != get_valid_filename(f"x{ending}")[1:]:
        return _("Il nome del file finisce con «%(ending)s»: rinominalo, per esempio «relazione.pdf».") % {
            "ending": ending
        }
    return ""


# What is replaced is read the moment it comes; a new file that takes long waits out of sight.
SLOW = gettext_lazy("È così grande che non si legge subito: caricalo come file nuovo, e mettilo al posto dell’altro.")

# --- The content -----------------------------------------------------------------------------------------

# What may be uploaded in a form that the portal reads, instead of one that it does not.
INSTEAD = {
    "doc": gettext_lazy("docx, odt o pdf"), "xls": gettext_lazy("xlsx o ods"), "ppt": gettext_lazy("pptx o pdf"),
    "pages": gettext_lazy("docx o pdf"), "tif": "pdf", "heic": "jpg", "heif": "jpg", "webp": gettext_lazy("png o jpg"),
}  # fmt: skip
ZIPPED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # with a password, Word and Excel keep the whole in their old wrapping
BEGINNINGS = {
    "pdf": (b"%PDF-",), "png": (b"\x89PNG\r\n",), "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",),
    "rtf": (b"{\\rtf",), **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods"), ZIPPED),
}  # fmt: skip
PACKED = {"zip", "rar", "7z"}
HEAD = 1024  # bytes; where a PDF may begin


class DocumentForm(PlacedForm, BaseDocumentForm):
    replaced_because = forms.CharField(
        label=gettext_lazy("Se lo sostituisci: perché"), max_length=240, required=False, validators=[no_personal_data],
        help_text=gettext_lazy("Una frase per chi apre il file di prima, per esempio «orari dell’inverno»."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any = None, patience: float | None = None, **kwargs: Any) -> None:
        """`patience`: for how many seconds its sender still waits."""
        super().__init__(*args, user=user, **kwargs)
        self.user, self.patience = user, patience
        if self.instance.pk is None or "file" not in self.fields:
            del self.fields["replaced_because"]

    def clean_title(self) -> str:
        """Pages show it where they give the file no title of their own; a form has no place for one."""
        title: str = self.cleaned_data["title"]
        if "title" in self.changed_data and is_held(self.instance, self.user):
            raise ValidationError(
                _(
                    "Una pagina pubblicata porta questo file: il suo titolo lo cambia chi approva, chiedilo a lui. Se "
                    "è fra gli allegati della pagina, scrivi lì l’altro titolo, e passa da chi approva."
                )
            )
        return title

    def save(self, commit: bool = True) -> Any:
        self.original_file = None  # what Wagtail would delete is kept as an earlier version
        self.instance.replaced_because = self.cleaned_data.get("replaced_because", "")
        return super().save(commit=commit)

    def content_problem(self, file: Any) -> str:
        ending = Path(file.name).suffix.lower().removeprefix(".")
        return (
            ending_problem(ending)
            or beginning_problem(ending, head(file))
            or replacement_problem(self.instance, self.user)
            or self._problem_within(file)
        )

    def _problem_within(self, file: Any) -> str:
        """Read at once: what is in it may be data of somebody, whom nobody else must see there."""
        self.instance.already_read = found = looking.read(file, within=self.patience)
        if found is None:
            return "" if self.instance.pk is None else str(SLOW)
        return looking.refusal(found)

    class Meta(BaseDocumentForm.Meta):
        pass


def is_held(file: Any, user: Any) -> bool:
    """Whether a published page carries it, and the person does not approve there."""
    if file.pk is None or user is None or access.can(user, "approve", file):
        return False
    return bool(access.carriers([file], Page.objects.live())[file.pk])


def replacement_problem(file: Any, user: Any) -> str:
    """Under a page that is read, no file and no picture changes without somebody who approves."""
    if not is_held(file, user):
        return ""
    return _("Una pagina pubblicata lo usa: carica il nuovo a parte e mettilo nella pagina, così passa da chi approva.")


class ImageForm(PlacedForm, BaseImageForm):
    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.user = user
        if field := self.fields.get("file"):
            self.fields["file"] = PictureField(
                label=field.label, required=field.required, widget=field.widget, max_length=field.max_length
            )

    def content_problem(self, file: Any) -> str:
        return replacement_problem(self.instance, self.user)

    class Meta(BaseImageForm.Meta):
        pass


class PictureField(WagtailImageField):
    """Looked at before Wagtail does, which opens the whole of it to know its size, and breaks on a broken one."""

    def to_python(self, data: Any) -> Any:
        if data and data.size and (problem := picture_problem(data, self.max_image_pixels)):
            raise ValidationError(problem)
        return super().to_python(data)


def picture_problem(file: Any, most: int) -> str:
    """Why a picture cannot be kept."""
    too_large = _(
        "L’immagine è troppo grande: rimpiccioliscila, al massimo %(most)d milioni di punti (per esempio 5000 × 5000),"
        " e ricaricala."
    ) % {"most": most // 1_000_000}
    file.seek(0)
    try:
        with PILImage.open(file) as picture:
            if picture.width * picture.height > most:
                return too_large
            picture.load()
    except (PILImage.DecompressionBombError, PILImage.DecompressionBombWarning):
        return too_large
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):  # what Pillow raises for a broken picture
        return _("Non si apre: è incompleta o rovinata, o non è un’immagine. Salvala come PNG o JPG e ricaricala.")
    finally:
        file.seek(0)
    return ""


def head(file: Any) -> bytes:
    file.seek(0)
    found: bytes = file.read(HEAD)
    file.seek(0)
    return found


def ending_problem(ending: str) -> str:
    """Why a kind of file is not taken, and what to do."""
    if ending in settings.WAGTAILDOCS_EXTENSIONS:
        return ""
    if not ending:
        return _("Il nome del file non dice di che tipo è: aggiungi la sua fine, per esempio .pdf, e ricaricalo.")
    if ending in PACKED:
        return _("Qui non si tengono file .%(ending)s: aprilo, e carica i file che contiene.") % {"ending": ending}
    if instead := INSTEAD.get(ending):
        return _("I file .%(ending)s non si leggono: aprilo, salvalo come %(instead)s e ricaricalo.") % {
            "ending": ending, "instead": instead,
        }  # fmt: skip
    return _("Qui non si tengono file .%(ending)s: salvalo in un altro formato, per esempio PDF.") % {"ending": ending}


def beginning_problem(ending: str, begins: bytes) -> str:
    """Whether a file is what its name says, as far as its first bytes tell."""
    if begins.startswith((b"MZ", b"\x7fELF")) and b"\0" in begins:
        return _("È un programma, non un documento: qui non si tiene.")
    wanted = BEGINNINGS.get(ending)
    if not wanted or begins.lstrip().startswith(wanted) or (ending == "pdf" and b"%PDF-" in begins):
        return ""
    return _("Il nome dice .%(ending)s, ma dentro c’è altro: aprilo, salvalo come %(ending)s e ricaricalo.") % {
        "ending": ending
    }


# --- Wagtail's views -------------------------------------------------------------------------------------


class InThePagesSpace:
    """A chooser that uploads into the space of the page behind it."""

    def get_creation_form_kwargs(self) -> dict[str, Any]:
        found: dict[str, Any] = super().get_creation_form_kwargs()  # type: ignore[misc]
        return {**found, "space": space_of_editor(self.request)}  # type: ignore[attr-defined]


def upload_into_the_pages_space(viewset: Any) -> None:
    """Wagtail has no setting for it: the views of a chooser are attributes of its viewset."""
    for name in ("choose_view_class", "choose_results_view_class", "create_view_class"):
        view = getattr(viewset, name)
        setattr(viewset, name, type(view.__name__, (InThePagesSpace, view), {}))


class SpacesToChoose:
    """The list over the place where files are dropped, with nothing chosen."""

    def __init__(self, collections: Any) -> None:
        self.collections = of_spaces(collections)

    def get_indented_choices(self) -> list[tuple[Any, str]]:
        return [("", _("Scegli lo spazio")), *((each.pk, in_words(each)) for each in self.collections)]


class NothingChosen:
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        several = context["collections"]
        return {**context, "collections": SpacesToChoose(several) if several else None, "selected_collection_id": None}


class AddDocuments(NothingChosen, documents.AddView):
    edit_form_template_name = "wagtaildocs/multiple/doubted_form.html"

    def get_edit_object_form_context_data(self) -> dict[str, Any]:
        context: dict[str, Any] = super().get_edit_object_form_context_data()
        return {**context, "doubts": reports.doubts([self.object])}


class AddImages(NothingChosen, images.AddView):
    pass


class DocumentList(IndexView):
    """The list of files says which of them search can read."""

    @cached_property
    def columns(self) -> list[Any]:
        found: list[Any] = super().columns
        return [*found, Column("reading", label=_("Testo"), accessor=reading_in_words)]


def reading_in_words(document: Any) -> str:
    """«letto», «da leggere», «testo non leggibile: perché»."""
    state = str(document.get_reading_state_display())
    return f"{state}: {document.reading_problem}" if document.reading_problem else state
