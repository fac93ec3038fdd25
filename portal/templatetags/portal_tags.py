"""What templates need beyond Django: days as people say them, words explained, codes linked."""

import re
from datetime import date
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from wagtail.models import Page
from wagtail.rich_text import expand_db_html

from portal import access
from portal.accounts.looked_up import may_look_up
from portal.models import Document, FileVersion, ProposedFile
from portal.pages import anchors, explaining, reserved
from portal.requests import number
from portal.words import contacts, dates

register = template.Library()

# A value that is no day (a date that a mail wrote wrongly) is shown as it is: one of them must not cost the page.


@register.filter
def day(value: Any) -> str:
    """A day as people say it, the exact date in the markup: «domani», «venerdì 3 marzo», «3 marzo 2024»."""
    if not isinstance(value, date):
        return _as_it_is(value)
    moment, today = dates.local_day(value), timezone.localdate()
    distance = (moment - today).days
    near = {0: _("oggi"), 1: _("domani"), -1: _("ieri")}
    form = "l j F" if -7 < distance < 8 else "j F" if moment.year == today.year else "j F Y"
    words = near.get(distance) or dates.in_words(moment, form)
    exact = dates.in_words(moment, "l j F Y")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.filter
def in_time(stated: str) -> str:
    """A moment that was kept as text, as its readers' clocks show it: «3 marzo 2026, 10.05»."""
    moment = parse_datetime(stated)
    if moment is None or timezone.is_naive(moment):
        return ""
    return f"{dates.in_words(moment)}, {timezone.localtime(moment):%H.%M}"


@register.filter
def weekday(value: Any) -> str:
    """A day to keep, always with its name: «martedì 1° dicembre», «lunedì 8 marzo 2027»."""
    if not isinstance(value, date):
        return _as_it_is(value)
    moment = dates.local_day(value)
    words = dates.in_words(moment, "l j F" if moment.year == timezone.localdate().year else "l j F Y")
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words)


@register.filter
def plain_weekday(value: Any) -> str:
    """«martedì 1° dicembre», without markup: for mails, and for a day that is no news."""
    return dates.in_words(value, "l j F") if isinstance(value, date) else _as_it_is(value)


@register.filter
def full_day(value: Any, article: str = "") -> str:
    """«3 marzo 2026»; with an article «dal 3 marzo 2026», «dall’8 marzo 2026»."""
    if not isinstance(value, date):
        return _as_it_is(value)
    return _full_day(dates.local_day(value), article)


@lru_cache(maxsize=4096)  # the same few days stand on page after page
def _full_day(day: date, article: str) -> str:
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), dates.in_words(day, "j F Y", article))


@register.filter
def distance(value: Any) -> str:
    """«fra 4 giorni», «scaduta da 5 giorni», «entro oggi»."""
    if not isinstance(value, date):
        return _as_it_is(value)
    days = (dates.local_day(value) - timezone.localdate()).days
    if days < -1:
        return _("scaduta da %(days)d giorni") % {"days": -days}
    if days == -1:
        return _("scaduta ieri")
    if days == 0:
        return _("entro oggi")
    if days == 1:
        return _("entro domani")
    return _("fra %(days)d giorni") % {"days": days}


def _as_it_is(value: Any) -> str:
    return "" if value is None else str(value)


@register.filter
def file_facts(file: Document) -> str:
    """What one wants to know before opening a file: «PDF, 240 kB», and why its text was not read."""
    facts = ", ".join(filter(None, [file.file_extension.upper(), _weight(file.get_file_size() or 0)]))
    if not file.reading_problem:
        return facts
    return _("%(facts)s · testo non leggibile: %(why)s") % {"facts": facts, "why": file.reading_problem.rstrip(".")}


@register.filter
def version_facts(version: FileVersion | ProposedFile) -> str:
    """The same of a file that was replaced, or that shall replace one."""
    return ", ".join(filter(None, [Path(version.name).suffix[1:].upper(), _weight(version.size or 0)]))


def _weight(size: int) -> str:
    """Thousands of bytes, as people count them; one decimal only where it says something."""
    if size < 1000:
        return _("%(size)d byte") % {"size": size}
    for limit, unit in ((1_000_000, "kB"), (1_000_000_000, "MB")):
        if size < limit:
            found = size / (limit / 1000)
            return f"{number_format(found, 0 if found >= 10 else 1)} {unit}"
    return f"{number_format(size / 1_000_000_000, 1)} GB"


@register.filter
def paragraphs(text: Any) -> SafeString:
    """Plain text with blank lines and «- » lists, as HTML; nothing the author typed is markup."""
    return mark_safe(plain_to_html(_as_it_is(text)))


def plain_to_html(text: str) -> str:
    """Paragraphs, lists and **bold**, escaped."""
    parts = []
    for block in re.split(r"\n\s*\n", (text or "").strip()):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        run: list[str] = []
        for line in [*lines, None]:  # type: ignore[list-item]
            item = line is not None and line.startswith("- ")
            if run and (line is None or item != run[0].startswith("- ")):
                parts.append(_run_to_html(run))
                run = []
            if line is not None:
                run.append(line)
    return "".join(parts)


def _run_to_html(lines: list[str]) -> str:
    if lines[0].startswith("- "):
        return "<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>"
    return f"<p>{_inline(' '.join(lines))}</p>"


def _inline(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text, quote=False))


@register.filter
def at_key(found: dict[Any, Any] | None, key: Any) -> Any:
    return (found or {}).get(key)


@register.filter
def phone(value: str | None) -> SafeString:
    """A field for the telephone, each number in it a link."""
    return mark_safe(contacts.telephones(value or ""))


@register.filter
def linked(value: Any) -> SafeString:
    """A line of plain text, its telephone numbers and addresses as links."""
    return mark_safe(contacts.linked(str(value or "")))


@register.filter
def after(value: Any, mark: str) -> str:
    """What there is, with a mark before it; nothing where there is nothing: `{{ who.telephone|phone|after:", " }}`."""
    return format_html("{}{}", mark, value) if value else ""


@register.filter
def words_compared(pieces: Any) -> SafeString:
    """Words removed and added, for the eyes, for black-and-white paper and, said in words, for who listens."""
    said = {"tolto": (_("tolto:"), "del"), "aggiunto": (_("aggiunto:"), "ins")}
    parts = []
    for piece in pieces:
        if piece.act in said:
            name, tag = said[piece.act]
            parts.append(format_html('<span class="said">{}</span> <{}>{}</{}>', name, tag, piece.text, tag))
        else:
            parts.append(format_html("{}", piece.text))
    return mark_safe(" ".join(parts))


@register.simple_tag(takes_context=True)
def explained(context: dict[str, Any], value: Any) -> SafeString:
    """Text with the words of the glossary explained, once each; codes linked where the reader may go; contacts too.

    Takes rich text, HTML already safe, or plain text (escaped, in paragraphs).
    """
    request = context.get("request")
    html = _as_html(value, getattr(request, "user", None))
    return mark_safe(explaining.reading(request, context.get("page")).explained(html))


@register.simple_tag(takes_context=True)
def explained_line(context: dict[str, Any], value: Any) -> SafeString:
    """As `explained`, for a line of plain text inside another element."""
    return explained(context, mark_safe(escape(str(value or ""), quote=False)))


def _as_html(value: Any, user: Any = None) -> str:
    if hasattr(value, "source"):
        return expand_db_html(_only_known_links(value.source, user))
    if isinstance(value, SafeString):
        return str(value)
    return plain_to_html(str(value or ""))


def _only_known_links(source: str, user: Any) -> str:
    """Rich text without the links whose target the reader may not see: their addresses are made of titles."""
    if "linktype=" not in source:
        return source
    soup = BeautifulSoup(source, "html.parser")
    for kind, model in (("page", Page), ("document", Document)):
        links = [(link, str(link.get("id", ""))) for link in soup.find_all("a", linktype=kind)]
        rows: Any = model.objects.filter(pk__in=[pk for _link, pk in links if number(pk)])
        known = access.allowed(rows, user).values_list("pk", flat=True) if user is not None else ()
        targets = {str(pk) for pk in known}
        for link, pk in links:
            if pk not in targets:
                link.unwrap()
    return str(soup)


@register.simple_tag
def page_name(page: Any) -> str:
    """Code and title; the code in one piece."""
    code = getattr(page, "code", "")
    return format_html('<span class="together">{}</span> {}', code, page.title) if code else page.title


@register.simple_tag(takes_context=True)
def named(context: dict[str, Any], who: Any) -> str:
    """A person's name: a link to the person's page, for whoever may see that page."""
    if who is None:
        return ""
    if not may_look_up(context.get("request"), who):
        return format_html('<span class="together">{}</span>', who)
    return format_html('<a class="together" href="{}">{}</a>', reverse("person", args=[who.pk]), who)


@register.filter
def since(value: Any) -> str:
    return dates.since(value)


@register.filter
def named_in(part: Any, names: dict[str, str]) -> str:
    """The anchor of a part among those of its page."""
    return names.get(anchors.key(part), "")


@register.filter
def open_in(part: Any, open_parts: Any) -> str:
    """Who reads a part with readers of its own; nothing where the reader is none of them, or nobody has asked."""
    return open_parts.get(anchors.key(part), "") if open_parts else ""


@register.filter
def reserved_anchor(part: Any) -> str:
    return reserved.anchor(anchors.key(part))
