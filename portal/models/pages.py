"""The page that every kind of content is, and the kinds that belong to no process."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    PageChooserPanel,
    TitleFieldPanel,
)
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page, PageViewRestriction
from wagtail.search import index
from wagtail.url_routing import RouteResult

from portal import access, prepared
from portal.fields import BlocksField
from portal.models.old_addresses import OldAddress
from portal.models.reviews import settled
from portal.pages import addresses, anchors, concurrent_edits, kinds
from portal.pages.blocks import AttachmentsBlock, BodyBlock, parts, reserved_parts
from portal.pages.copying import PageCopyForm
from portal.pages.editing_form import CitingForm, PortalPageForm
from portal.pages.reserved import Part
from portal.personal_data import guard
from portal.wagtail_admin.policy import SpacePageTester
from portal.words import dates

SPACES_ADDRESS = "spazi"


REVIEW_HELP = _(
    "Il giorno entro cui rileggerla, anche se nel frattempo non è cambiato niente: un mese prima chi ne risponde è "
    "avvisato."
)
SOON = timedelta(days=60)


@dataclass(frozen=True)
class Section:
    """A part of a page with its own address: what search finds and leads to."""

    anchor: str
    heading: str
    text: str


class SpacedPage(Page):
    """A page on which rights come from its space."""

    class Meta:
        abstract = True

    def permissions_for_user(self, user: Any) -> SpacePageTester:
        return SpacePageTester(user, self)


class AddressedPage(SpacedPage):
    """A page whose address is made by the server, at whatever door it comes in: form, copy, import, API."""

    slug: str

    copy_form_class = PageCopyForm
    promote_panels = [
        MultiFieldPanel(
            [FieldPanel("slug", help_text=_("Si scrive da sé, dal codice o dal titolo: cambialo solo se ti serve."))],
            heading=_("Indirizzo"),
        )
    ]

    class Meta:
        abstract = True

    def settle_address(self) -> None:
        known = self.path or getattr(self, "_cached_parent_obj", None)
        parent = self.get_parent() if known else None
        code = getattr(self, "code", "")
        self.slug = addresses.settled(self, parent, title=self.title, slug=self.slug, code=code)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            before = OldAddress.could_be_read(self.pk) if self.pk else None
            saved = super().save(*args, **kwargs)
            if before and before.slug != self.slug and "slug" in (kwargs.get("update_fields") or ["slug"]):
                OldAddress.keep(before)
        return saved

    def add_child(self, **kwargs: Any) -> Any:
        """One at a time: two that came together below a page would take the same place, and the same word."""
        with transaction.atomic():
            self.numchild = Page.objects.select_for_update(no_key=True).get(pk=self.pk).numchild
            return super().add_child(**kwargs)

    def get_view_restrictions(self) -> Any:
        """Never one: who reads a page is decided by `access` alone, and nobody can make a restriction of Wagtail's."""
        return PageViewRestriction.objects.none()

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """At an address that the page once had: where it is now. Whoever may not see it was turned away before."""
        if not getattr(request, "came_by_old_address", False):
            return super().serve(request, *args, **kwargs)
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return HttpResponsePermanentRedirect(f"{self.get_url(request)}{query}")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context(request, *args, **kwargs), **kinds.shown(self, request)}

    def save_revision(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            concurrent_edits.check_again(self)
            self.__dict__.pop("newest_known", None)
            guard.keep_reasons(self)
            return super().save_revision(*args, **kwargs)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.settle_address()
        super().full_clean(*args, **kwargs)

    def minimal_clean(self) -> None:
        self.settle_address()
        super().minimal_clean()


CHANGE_NOTE_HELP = _(
    "Una frase per chi legge: compare nelle novità e nel riepilogo. "
    "Una bozza può farne a meno; per pubblicare o chiedere l’approvazione ci vuole."
)


@dataclass(frozen=True)
class Beside:
    """A day, or a state with its colour."""

    says: Any = ""
    colour: str = ""
    version: str = ""


class PortalPage(AddressedPage):
    """Everything that people read: who answers for it, its code, when it is to be looked at again."""

    code = models.CharField(
        _("codice"), max_length=12, blank=True, help_text=_("Per esempio PR-02. La pagina risponde a /p/PR-02/.")
    )
    summary = models.CharField(
        _("in una frase"), max_length=240, blank=True, help_text=_("La legge chi trova la pagina in un elenco.")
    )
    responsible = models.ForeignKey(
        "portal.User", verbose_name=_("chi ne risponde"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", help_text=_("Il suo nome e telefono stanno in fondo alla pagina."),
    )  # fmt: skip
    reviewed_every: ClassVar[int] = 12  # months, where nobody says otherwise
    passes_on: ClassVar[tuple[str, ...]] = ("responsible",)  # the persons whom a page names to turn to: when one leaves
    review_date = models.DateField(
        _("da rivedere entro"), null=True, blank=True, db_index=True,
        help_text=_("A quella data chi ne risponde è avvisato."),
    )  # fmt: skip
    change_note = models.CharField(
        _("che cosa cambia"), max_length=240,
        help_text=_("Una frase per chi legge: compare nelle novità e nel digest. Serve per pubblicare."),
    )  # fmt: skip

    correction = models.BooleanField(
        _("è una correzione di forma"), default=False,
        help_text=_("Un refuso, una virgola: non avvisa nessuno e lascia in vista la novità di prima."),
    )  # fmt: skip

    attachments = BlocksField(
        AttachmentsBlock(), verbose_name=_("allegati"), blank=True, default=list,
        help_text=_("File che chi legge trova in fondo alla pagina, nell’ordine in cui li metti."),
    )  # fmt: skip
    anchors = models.JSONField(default=dict, blank=True, editable=False, help_text="key of a part → its anchor")

    # The words that name a kind of page to readers; see `search/documents.py` for its facet.
    kind = "pagina"
    kind_label = _("Pagina")
    kind_plural = _("Pagine")
    kind_order = 90  # where the kind stands in lists of everything
    code_form = ""  # how a code of this kind is made of its number
    keeps_editions = False  # a change is a new version: written where its number and its day are
    listed_as = ""  # the kind under whose word of the navigation the page stands, where it is not its own

    base_form_class = PortalPageForm
    exclude_fields_in_copy = ["code"]  # a copy is another page: it gets a code of its own
    private_page_options: list[str] = []  # who may see a page is decided by its space alone
    parent_page_types: list[str] = ["portal.SpacePage"]
    subpage_types: list[str] = []
    show_in_menus_default = False
    title_panels = [TitleFieldPanel("title"), FieldPanel("summary")]
    care_panels = [
        FieldPanel("attachments"),
        FieldRowPanel(
            [FieldPanel("responsible"), FieldPanel("review_date", help_text=REVIEW_HELP)], heading=_("Chi ne risponde")
        ),
        FieldPanel("change_note", help_text=CHANGE_NOTE_HELP),
        FieldPanel("correction"),
    ]

    class Meta:
        abstract = True

    @classmethod
    def kinds_in_words(cls) -> dict[str, tuple[Any, Any]]:
        """What pages of the class are called by who looks for them: of each kind one, and many."""
        return {cls.kind: (cls.kind_label, cls.kind_plural)}

    @property
    def own_kind(self) -> str:
        """Which of them this page is."""
        return self.kind

    @classmethod
    def get_search_fields(cls) -> list[Any]:
        """Editors find a page by its code, its summary and every text of its kind."""
        texts = [field for field in cls._meta.fields if isinstance(field, StreamField | models.TextField)]
        names = ["code_words", "summary", *(field.name for field in texts if field.model is not Page)]
        found: list[Any] = super().get_search_fields()
        return [*found, *(kind(name) for name in names for kind in (index.SearchField, index.AutocompleteField))]

    def code_words(self) -> str:
        """The code for the admin's search, without its hyphen: PostgreSQL reads «-02» as a number below zero."""
        return self.code.replace("-", " ")

    def settle_address(self) -> None:
        if self.code:
            with suppress(addresses.UnreadableCode):  # a draft of another door keeps it; publishing refuses it below
                self.code = addresses.normal_code(self.code)
        super().settle_address()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Wagtail's `owner` is whoever answers for the page as it stands: `access` asks it of any page.

        Of a new page only afterwards: Wagtail's log names the owner as who made it.
        """
        is_new = self._state.adding
        if not is_new and kwargs.get("update_fields") is None:
            self.owner_id = self.responsible_id  # type: ignore[attr-defined]
        with transaction.atomic():
            if self.code:  # `code_problem` asks all pages: who saves next waits, and is told
                Page.objects.select_for_update(no_key=True).filter(depth=access.SPACE_DEPTH - 1).first()
            super().save(*args, **kwargs)
            if is_new:
                self.owner_id = self.responsible_id  # type: ignore[attr-defined]
                Page.objects.filter(pk=self.pk).update(owner=self.owner_id)

    def full_clean(self, exclude: Any = None, **kwargs: Any) -> None:
        self._keep_anchors()
        without_note = {"change_note"} if self.correction and self.live else set()
        super().full_clean(exclude=set(exclude or ()) | without_note, **kwargs)
        if self.code and (problem := self.code_problem(self.code)):
            raise ValidationError({"code": problem})

    def code_problem(self, code: str) -> str:
        """Why the page cannot have it: a code is one page's in the whole network."""
        try:
            slug = addresses.normal_code(code).lower()
        except addresses.UnreadableCode:
            return addresses.unreadable(code)
        others = Page.objects.filter(slug=slug, depth__gt=access.SPACE_DEPTH).exclude(pk=self.pk)
        if not others.exists():
            return ""
        if not self.code_form:
            return _("Il codice %(code)s è già usato: scegline un altro.") % {"code": code}
        free = addresses.next_code(self.code_form)
        return _("Il codice %(code)s è già usato: il prossimo libero è %(free)s.") % {"code": code, "free": free}

    def skeleton(self) -> None:
        """What the form for a new page of the kind holds before anybody types."""
        if self.code_form:
            self.code = addresses.next_code(self.code_form)

    def get_admin_display_title(self) -> str:
        title = super().get_admin_display_title()
        return f"{self.code} {title}" if self.code else title

    def sections(self) -> list[Section]:
        """The parts of the page that search leads to; kinds with a body of their own override it."""
        return body_sections(getattr(self, "body", None), self.section_anchors)

    def reserved_parts(self) -> list[Part]:
        """What only some of its readers read: never among its `sections`."""
        return reserved_parts(getattr(self, "body", None))

    def inside(self) -> frozenset[str]:
        """The fields that whoever holds no role in the space does not read."""
        return frozenset()

    def parts(self) -> list[tuple[str, str]]:
        """What has an anchor of its own: the key of each part, and the name that it would like."""
        headed = [block for block in getattr(self, "body", None) or [] if block.block_type == "section"]
        return [(anchors.key(block), anchors.of(block.value["heading"])) for block in headed]

    @property
    def section_anchors(self) -> dict[str, str]:
        """Where each part answers: for the page, its list of contents and search alike."""
        return anchors.settled(self.parts(), self.anchors)

    def _keep_anchors(self) -> None:
        """What the page answers to is kept when it changes: a link from elsewhere still arrives."""
        for block in getattr(self, "body", None) or []:
            block.id = block.id or str(uuid4())
        live = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        known = live.section_anchors if live else {}
        self.anchors = anchors.lasting(anchors.settled(self.parts(), known, self.anchors))

    def summary_text(self) -> str:
        """The words about the page as a whole, for search."""
        return self.summary

    said_in_lists: ClassVar[tuple[str, ...]] = ("code", "summary")  # the fields read for that, and by `what_holds`

    def beside_its_name(self) -> Beside:
        """What the list of a space says of the page, beyond its name and summary."""
        return Beside()

    def what_holds(self) -> str:
        """For the news of its publication: what is so from these days on, where the kind knows it."""
        return ""

    def difference_url(self) -> str:
        """Where one reads what changed since the text before, where the kind keeps it."""
        return ""

    @property
    def review(self) -> tuple[str, str] | None:
        """By when it is to be looked at again; coloured from two months before."""
        if self.review_date is None:
            return None
        today = timezone.localdate()
        if self.review_date < today:
            days = (today - self.review_date).days
            return "late", ngettext(
                "revisione scaduta da %(days)d giorno", "revisione scaduta da %(days)d giorni", days
            ) % {"days": days}
        words = now("da rivedere entro %(day)s") % {"day": dates.in_words(self.review_date, article="il")}
        return ("soon" if self.review_date <= today + SOON else ""), words

    def with_content_json(self, content: dict[str, Any]) -> Any:
        """A draft as a page; what was said of its day of review meanwhile stays said."""
        drafted = super().with_content_json(content)
        drafted.review_date = settled(self, drafted.review_date)
        return drafted

    def relevant_date(self) -> date | None:
        """The date by which lists and facets order the page."""
        return dates.local_day(self.last_published_at) if self.last_published_at else None


def body_sections(body: Any, names: dict[str, str]) -> list[Section]:
    """Sections of a BodyBlock stream as plain text, under the anchors that their page gives them."""
    return [Section(*part) for part in parts(body, names)]


class HomePage(Page):
    """The root of the site; the desk of whoever has entered."""

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["portal.SpacePage"]
    max_count = 1

    class Meta:
        verbose_name = _("pagina iniziale")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Two lookups instead of one per level: by code, by number, a space by its word, else by what once was."""
        if not path_components:
            return super().route(request, path_components)
        if path_components[0] == addresses.CODE_ADDRESS:
            path_components = [addresses.CODE_ADDRESS, "/".join(path_components[1:])]
        page = self.at(path_components, request.user)
        if page is None:
            raise Http404
        # A page has one address: whoever writes it otherwise is led there.
        here = page.url_path == f"{self.url_path}{'/'.join(path_components)}/"
        if page.depth > access.SPACE_DEPTH:
            here = addresses.of(page) == f"/{'/'.join(path_components)}/"
        request.came_by_old_address = not here  # type: ignore[attr-defined]
        return RouteResult(page if type(page) is not Page else kinds.whole([page])[page.pk])

    def at(self, words: list[str], user: Any) -> Page | None:
        """The live page at /words/…/, there or where it is now; whether the person may read it is asked afterwards."""
        return self._answering(words) or OldAddress.leads_to(self, words, user)

    def _answering(self, words: list[str]) -> Page | None:
        if words[0] == addresses.CODE_ADDRESS:
            return by_code("/".join(words[1:]))
        if words[0] == addresses.PAGES_ADDRESS:
            number = addresses.number_in(words)
            return None if number is None else next(iter(prepared.answers("numbered", _numbered, pk=number)), None)
        address = f"{self.url_path}{'/'.join(words)}/"
        return next(iter(prepared.answers("space at", _space_at, address=address)), None)


def _numbered() -> models.QuerySet[Page]:
    return Page.objects.live().order_by().filter(pk=prepared.given("pk"), depth__gt=access.SPACE_DEPTH)


def _space_at() -> "models.QuerySet[SpacePage]":
    address = prepared.given("address", models.CharField())
    return SpacePage.objects.live().filter(url_path=address, depth=access.SPACE_DEPTH)


def by_code(code: str) -> Page | None:
    """The live page that answers to a code, however written; to the last word of its address, where it has none."""
    slugs = prepared.several("slug", sorted(addresses.slugs_of(code)))
    kind = addresses.coded_kinds().get(addresses.prefix_of(code))
    named = _at_slugs(kind, slugs) if kind else []
    if not any(page.code for page in named):
        found = _at_slugs(Page, slugs)
        pages = kinds.whole(found)
        named = [pages[page.pk] for page in found]
    return next((page for page in named if getattr(page, "code", "")), named[0] if named else None)


def _at_slugs(kind: type[Page], slugs: dict[str, str]) -> list[Any]:
    return prepared.answers(("by code", kind, len(slugs)), partial(_by_slug, kind, slugs), **slugs)


def _by_slug(kind: type[Page], slugs: dict[str, str]) -> models.QuerySet[Page]:
    these = prepared.places(slugs, models.CharField())
    return kind._default_manager.filter(slug__in=these, live=True, depth__gt=access.SPACE_DEPTH)


class SpacePage(AddressedPage):
    """The first page of a space; its subtree is the space."""

    intro = models.TextField(_("presentazione"), blank=True, help_text=_("Per chi è lo spazio, in una frase."))

    parent_page_types = ["portal.HomePage"]
    private_page_options: list[str] = []
    is_creatable = False  # a space is opened with `spaces.open_space`, which makes its first page
    base_form_class = CitingForm
    # Everything but the pages that structure the portal may lie in a space.
    content_panels = [
        *Page.content_panels,
        FieldPanel("intro"),
        InlinePanel(
            "pins", heading=_("In evidenza"), label=_("pagina in evidenza"), max_num=5,
            help_text=_("Le pagine che chi entra cerca più spesso: al massimo cinque."),
        ),
    ]  # fmt: skip

    class Meta:
        verbose_name = _("pagina di uno spazio")

    def set_url_path(self, parent: Page | None) -> str:
        if parent is None:
            return super().set_url_path(parent)
        self.url_path = f"{parent.url_path}{SPACES_ADDRESS}/{self.slug}/"
        return self.url_path


class PinnedPage(Orderable):
    """A page at the top of a space, for whoever may see it."""

    space_page = ParentalKey(SpacePage, on_delete=models.CASCADE, related_name="pins")
    target = models.ForeignKey(Page, verbose_name=_("pagina"), on_delete=models.CASCADE, related_name="+")

    panels = [PageChooserPanel("target")]


class TextPage(PortalPage):
    """A page of text in sections."""

    body = BlocksField(BodyBlock(), verbose_name=_("testo"), blank=True)

    page_description = _("Un testo in sezioni che spiega come funziona qualcosa e resta valido nel tempo.")
    content_panels = [*PortalPage.title_panels, FieldPanel("body"), *PortalPage.care_panels]

    class Meta:
        verbose_name = _("pagina di testo")
        verbose_name_plural = _("pagine di testo")


class FaqPage(PortalPage):
    """A question that somebody asked, and the answer that now holds for everybody."""

    body = BlocksField(BodyBlock(), verbose_name=_("risposta"), blank=True)
    kind_order = 70
    kind = "quesito"
    kind_label = _("Quesito")
    kind_plural = _("Quesiti")

    page_description = _("Una domanda arrivata da qualcuno, con la risposta che ora vale per tutti.")
    content_panels = [*PortalPage.title_panels, FieldPanel("body"), *PortalPage.care_panels]

    class Meta:
        verbose_name = _("quesito")
        verbose_name_plural = _("quesiti")


class NewsKind(models.TextChoices):
    NEWS = "notizia", _("Notizia")
    CIRCULAR = "circolare", _("Circolare")
    OPPORTUNITY = "opportunità", _("Opportunità")


NEWS_IN_WORDS = {
    NewsKind.NEWS: (_("Notizia"), _("Notizie")),
    NewsKind.CIRCULAR: (_("Circolare"), _("Circolari")),
    NewsKind.OPPORTUNITY: (_("Opportunità"), _("Opportunità")),
}


class NewsPage(PortalPage):
    """Something to know, or to take part in."""

    news_kind = models.CharField(_("che cos’è"), max_length=12, choices=NewsKind, default=NewsKind.NEWS)
    body = BlocksField(BodyBlock(), verbose_name=_("testo"), blank=True)
    kind_order = 80
    kind = "notizia"
    kind_label = _("Notizia")
    kind_plural = _("Notizie")

    page_description = _("Qualcosa da sapere adesso, o un’occasione a cui partecipare.")
    content_panels = [*PortalPage.title_panels, FieldPanel("news_kind"), FieldPanel("body"), *PortalPage.care_panels]

    @classmethod
    def kinds_in_words(cls) -> dict[str, tuple[Any, Any]]:
        return {kind.value: words for kind, words in NEWS_IN_WORDS.items()}

    @property
    def own_kind(self) -> str:
        return str(self.news_kind)

    class Meta:
        verbose_name = _("notizia")
        verbose_name_plural = _("notizie")


def page_kinds() -> list[type[PortalPage]]:
    """Every concrete kind of page, in the order of the packages."""
    return [model for model in apps.get_models() if issubclass(model, PortalPage)]
