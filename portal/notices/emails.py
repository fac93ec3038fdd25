"""One function per mail; each has a subject, a text and an HTML template in `templates/emails/`.

No mail leaves from elsewhere: each carries its name in a header of its own.
"""

from contextlib import suppress
from datetime import date, datetime
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Site

from portal.background import jobs
from portal.models.invitations import Invitation
from portal.models.people import Organisation, User
from portal.models.spaces import ROLE_MEANING, Role, Space
from portal.words import dates

KIND = "X-Raccordo-Mail"
ROWS = 2000  # of news, kept as they were rendered


class NoServer(Exception):
    """No mail server answers."""


class Post:
    """The mail server, kept open from one mail to the next."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._has_sent = False

    def send(self, mail: EmailMessage) -> None:
        """OSError where it is refused, NoServer where nobody is there to take it.

        Servers end a connection after so many mails, or so much time: then the mail is given to a new one.
        """
        if self._connection is not None and self._has_sent:
            try:
                return self._give(mail)
            except OSError as problem:
                if not jobs.may_pass(problem):
                    raise
        self._open()
        self._give(mail)
        return None

    def _give(self, mail: EmailMessage) -> None:
        mail.connection = self._connection
        try:
            mail.send()
        except OSError:
            self.close()
            raise
        self._has_sent = True

    def _open(self) -> None:
        self.close()
        connection = get_connection()
        try:
            connection.open()
        except OSError as problem:
            raise NoServer(str(problem)) from problem
        self._connection = connection

    def close(self) -> None:
        connection, self._connection, self._has_sent = self._connection, None, False
        if connection is not None:
            with suppress(OSError):
                connection.close()


@cache
def _stylesheet() -> str:
    return (Path(__file__).parents[1] / "static" / "portal" / "css" / "mail.css").read_text()


def _mail(name: str, to: str, context: dict[str, Any], headers: dict[str, str] | None = None) -> EmailMultiAlternatives:
    context = {"base_url": settings.BASE_URL, "network": "Raccordo", **context}
    subject = " ".join(render_to_string(f"emails/{name}.subject.txt", context).split())
    text = render_to_string(f"emails/{name}.txt", context).strip() + "\n"
    mail = EmailMultiAlternatives(subject, text, to=[to], headers={KIND: name, **_message_id(to), **(headers or {})})
    html = render_to_string(f"emails/{name}.html", context)
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, extra_css=_stylesheet(), keep_style_tags=False)
    mail.attach_alternative(inliner.inline(html), "text/html")
    return mail


def _message_id(to: str) -> dict[str, str]:
    """The same at each try of a job: mail programs fold a second mail into the first (RFC 5322, 3.6.4)."""
    if not (work := jobs.name_of_work()):
        return {}
    whom = blake2b(to.encode(), digest_size=6).hexdigest()
    return {"Message-ID": f"<{work}-{whom}@{urlsplit(settings.BASE_URL).hostname}>"}


def digest_mail(user: User, digest: Any, stop_url: str) -> EmailMultiAlternatives:
    """The digest, with one-click unsubscription (RFC 8058)."""
    headers = {
        "List-Unsubscribe": f"<{stop_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    contact = digest.contact if digest.contact != user else None
    context = {"person": user, "digest": digest, "stop_url": stop_url, "contact": contact,
               "news_text": _rows(digest.told, "txt"), "news_html": _rows(digest.told, "html")}  # fmt: skip
    return _mail("digest", user.email, context, headers)


def _rows(changes: list[Any], form: str) -> SafeString:
    return mark_safe("".join(_row(change, form, settings.BASE_URL) for change in changes))  # noqa: S308


@lru_cache(maxsize=ROWS)
def _row(change: Any, form: str, base_url: str) -> str:
    """A page's news: the same words to everybody who is told the same, and most of a mail's work."""
    return render_to_string(f"emails/digest.change.{form}", {"change": change, "base_url": base_url})


def problem_mail(to: User, report: Any, *, title: str) -> EmailMultiAlternatives:
    """A problem, a correction or a question, to whoever answers for the page; the answer goes to whoever wrote it."""
    answer_to = report.by.email if report.by else report.email
    context = {"by": report.by, "page": report.path, "text": report.text, "title": title, "answer_to": answer_to,
               "is_question": report.is_question, "is_proposal": report.is_proposal,
               "report_url": reverse("problem", args=[report.pk])}  # fmt: skip
    mail = _mail("problem", to.email, context)
    mail.reply_to = [answer_to] if answer_to else []
    return mail


def personal_data_mail(to: User, url: str) -> EmailMultiAlternatives:
    """Data of an assisted person were reported: nothing of them, nor of the page, stands in a mail."""
    return _mail("personal_data", to.email, {"person": to, "url": url})


def personal_data_handled_mail(to: User, url: str) -> EmailMultiAlternatives:
    """To whoever reported them: it is decided; nothing of what was seen, nor where."""
    return _mail("personal_data_handled", to.email, {"person": to, "url": url})


def answer_mail(to: str, report: Any, *, title: str, faq: Any = None) -> EmailMultiAlternatives:
    """To whoever reported a problem, proposed another wording or asked: what came of it."""
    mail = _mail("answer", to, {"report": report, "title": title, "faq": faq})
    mail.reply_to = [report.to.email] if report.to else []
    return mail


def approval_mail(to: User, *, title: str, asked_by: str, note: str, url: str) -> EmailMultiAlternatives:
    """A publication waits for this person's approval."""
    context = {"person": to, "title": title, "asked_by": asked_by, "note": note, "url": url}
    return _mail("approval", to.email, context)


def approved_mail(to: User, *, title: str, by: str, note: str, scheduled: str, url: str) -> EmailMultiAlternatives:
    """To the author: approved, by whom, with which note, readable where or from when."""
    context = {"person": to, "title": title, "by": by, "note": note, "scheduled": scheduled, "url": url}
    return _mail("approved", to.email, context)


def given_back_mail(to: User, *, title: str, by: str, reason: str, url: str) -> EmailMultiAlternatives:
    """To the author: what has to change, and where."""
    return _mail("given_back", to.email, {"person": to, "title": title, "by": by, "reason": reason, "url": url})


def schedule_failed_mail(to: User, *, title: str, problem: str, url: str) -> EmailMultiAlternatives:
    """To the author: what should have gone out by itself has not."""
    return _mail("schedule_failed", to.email, {"person": to, "title": title, "problem": problem, "url": url})


def faults_mail(to: User, *, kinds: list[Any]) -> EmailMultiAlternatives:
    """To an administrator: what failed and where in the code; of no request and nobody."""
    return _mail("faults", to.email, {"person": to, "kinds": kinds, "url": settings.BASE_URL + reverse("status")})


def password_mail(to: User, *, url: str) -> EmailMultiAlternatives:
    """The link with which a person chooses a new password."""
    return _mail("password", to.email, {"person": to, "url": url})


def password_changed_mail(to: User, *, at: datetime) -> EmailMultiAlternatives:
    """The password is another since then: who did not change it must act."""
    when = f"{dates.in_words(at, 'j F Y')}, {timezone.localtime(at):%H:%M}"
    return _mail("password_changed", to.email, {"person": to, "when": when})


def invitation_mail(invitation: Invitation, *, url: str, roles: list[tuple[Space, str]]) -> EmailMultiAlternatives:
    """The link with which somebody who was invited chooses a password and comes in."""
    context = {"person": invitation.person, "by": invitation.invited_by, "until": invitation.expires_at, "url": url,
               "roles": roles, "network": _network()}  # fmt: skip
    return _mail("invitation", invitation.person.email, context)


def _network() -> str:
    """The name by which the network calls itself: whoever is invited has never heard of the portal."""
    site = Site.objects.filter(is_default_site=True).first()
    return (site and site.site_name) or "Raccordo"


def role_mail(to: User, *, space: Space, role: Role | None, by: str) -> EmailMultiAlternatives:
    """A role in a space was given, changed or taken."""
    meaning = ROLE_MEANING[role] if role else ""
    return _mail("role", to.email, {"person": to, "space": space, "role": role, "meaning": meaning, "by": by})


def delegation_mail(to: User, *, body: Organisation, purpose: str, held: list[str], by: str) -> EmailMultiAlternatives:
    """A delegation was given, changed or ended: on which days the person has it now, in words; none, if it is over."""
    return _mail("delegation", to.email, {"person": to, "body": body, "purpose": purpose, "held": held, "by": by})


def reading_reminder_mail(to: User, *, title: str, url: str, due: date, by: str) -> EmailMultiAlternatives:
    """To somebody who has not signed yet: which page, by when, who asked."""
    is_late = due < timezone.localdate()
    context = {"person": to, "title": title, "url": url, "due": due, "is_late": is_late, "by": by}
    return _mail("reading_reminder", to.email, context)


def name_decided_mail(to: User, *, accepted: bool, by: str) -> EmailMultiAlternatives:
    """The name that a person asked for is hers now, or is not."""
    return _mail("name_decided", to.email, {"person": to, "accepted": accepted, "by": by})


def review_mail(to: User, *, title: str, url: str, due: date, owner: str = "") -> EmailMultiAlternatives:
    """A page is to be looked at again: to who answers for it, or, where `owner` has not, for its space."""
    return _mail("review", to.email, {"person": to, "title": title, "url": url, "due": due, "owner": owner})


def adoption_reminder_mail(to: User, *, body: str, by: str, waiting: list[tuple[str, str]]) -> EmailMultiAlternatives:
    """To a body's delegate: what the body has still to adopt, each with its address."""
    return _mail("adoption_reminder", to.email, {"person": to, "body": body, "by": by, "waiting": waiting})


def shifts_mail(to: User, *, hours: list[tuple[str, str]], given: bool, title: str, url: str,
                by: str) -> EmailMultiAlternatives:  # fmt: skip
    """To somebody who was put on call at a service, or is no longer: in which hours, by whom."""
    context = {"person": to, "hours": hours, "given": given, "title": title, "url": url, "by": by}
    return _mail("shifts", to.email, context)


def wish_mail(to: User, *, words: str, url: str, answer: str = "") -> EmailMultiAlternatives:
    """To whoever wanted to know when a search finds something: now it does, or why it will not."""
    return _mail("wish", to.email, {"person": to, "words": words, "url": url, "answer": answer})


def joint_approval_mail(to: User, *, title: str, version: str, bodies: list[str], note: str, due: date, when: str,
                        asked_by: str, url: str) -> EmailMultiAlternatives:  # fmt: skip
    """To a body's delegate: a text to sign, asked now (`when` is empty) or reminded, «prima» or «dopo» the day."""
    context = {"person": to, "title": title, "version": version, "bodies": bodies, "note": note, "due": due,
               "when": when, "asked_by": asked_by, "url": url}  # fmt: skip
    return _mail("joint_approval", to.email, context)
