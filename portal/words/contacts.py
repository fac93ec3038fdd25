"""Telephone numbers, e-mail and web addresses in a text: which words are one, and where each leads.

Rather no link than a false one: a number is taken for a telephone only when it is written as Italians write one.
"""

import re
from collections.abc import Iterator
from html import escape

EMAIL = r"[A-Za-z0-9][\w.+-]*@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"
WEB = r"(?:https?://|www\.)[^\s<>\"“”«»]+"
# 0573 000 140 · 0573/000140 · 055-123456; 333 123 4567; 800 123 456; +39 0573 000140. Groups by space or by dot.
LANDLINE = r"0[1-9]\d{0,2}(?:[ /.-]\d{2,}(?:[ ]\d{2,}){0,3}|\.\d{2,}(?:\.\d{2,}){1,3}|\d{5,8})"
MOBILE = r"3\d{2}(?:[ /.-]?\d{6,7}|[ ]\d{3}[ ]\d{3,4}|[ ]\d{2}[ ]\d{2}[ ]\d{2,3})"
GREEN = r"(?:800|803|840|848|199|892)[ -]?(?:\d{6}|\d{3}[ ]\d{3}|\d{2}[ ]\d{2}[ ]\d{2})"
ABROAD = r"(?:\+|00)[1-9](?:\d{2,}+(?:[ ]\d{2,}+){0,5}|\d{0,2}+(?:[ ]\d{2,}+){1,5})"
SOCIAL = r"116[ ]?(?:117|000|111|123)"
# Three figures are a telephone only where the sentence says so: «chiama il 112», «al 118», «pericolo: 112».
CALLED = r"(?:11[2-8]|1522|19696)"
CALL = re.compile(
    r"(?:\b(?:al|il|chiama(?:te|re)?|componi)|\bnumero(?: \w+)?|\b(?:pericolo|emergenza|urgenza)\b[^.;:!?]*:)\s$",
    re.IGNORECASE,
)
# What stands beside makes it something else: a code, a date, an amount, the number of a law or of a protocol.
BEFORE = r"(?<![\w@/.,:+€-])(?<!\d )(?<!€ )(?<![Nn]\. )(?<!prot )(?<!prot\. )(?<!protocollo )"
AFTER = r"(?![\w@€%‰]|[.,:/–-]\d| ?\d| ?(?:€|%|‰|euro\b|per (?:cento|mille)\b|persone\b|utenti\b|abitanti\b|posti\b))"
NUMBER = rf"{BEFORE}(?:{ABROAD}|{LANDLINE}|{MOBILE}|{GREEN}|{SOCIAL}|{CALLED}){AFTER}"
CONTACT = re.compile(rf"(?P<email>(?<![\w@.+-]){EMAIL})|(?P<web>(?<![\w@/.]){WEB})|(?P<number>{NUMBER})")
YEAR = re.compile(r"[/.-](?:19|20)\d{2}$")
DATE = re.compile(r"\d{1,2}[/. -]\d{1,2}[/. -]\d{2,4}$")
SHORT = re.compile(r"\d{3,6}")


def found(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each contact begins and ends in the plain text, and the link, escaped, that takes its place."""
    for match in CONTACT.finditer(text):
        start, words = match.start(), match.group(0)
        if match["web"]:
            words = words.rstrip(".,;:!?]}’'" if "(" in words else ".,;:!?)]}’'")
            if "." not in words.removeprefix("www."):
                continue
            yield start, start + len(words), _anchor(words if "://" in words else f"https://{words}", words)
        elif match["email"]:
            yield start, match.end(), _anchor(f"mailto:{words}", words)
        elif _is_telephone(words, text[:start]):
            yield start, match.end(), telephone(words)


def linked(text: str) -> str:
    """The plain text, escaped, with its contacts as links."""
    parts, last = [], 0
    for start, end, link in found(text):
        parts += [escape(text[last:start], quote=False), link]
        last = end
    return "".join([*parts, escape(text[last:], quote=False)])


def telephones(field: str) -> str:
    """What a field for the telephone holds: each number a link, anything else as it was typed."""
    text = field.strip()
    return telephone(text) if SHORT.fullmatch(text) else linked(text)


def telephone(words: str) -> str:
    return f'<a class="together" href="tel:{"+" if words.startswith("+") else ""}{_digits(words)}">{escape(words)}</a>'


def _is_telephone(words: str, before: str) -> bool:
    digits = _digits(words)
    if re.fullmatch(CALLED, words):
        return CALL.search(before) is not None
    if len(digits) <= 6:
        return digits.startswith("1")  # short numbers have their own patterns; else 02/2026 would be one
    return 8 <= len(digits) <= 14 and not YEAR.search(words) and not DATE.fullmatch(words)


def _digits(words: str) -> str:
    return re.sub(r"\D", "", words)


def _anchor(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{escape(words)}</a>'
