"""What is kept has an end: one table of terms, which the page on privacy shows and one job keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allauth.account.models import EmailConfirmation
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_q.models import Task
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import UploadedFile

from portal.accounts import sessions
from portal.files.storage import file_store
from portal.models import Absence, Delivery, Invitation
from portal.models.jobs import Job, JobState
from portal.notices import obligations, problem_reports
from portal.pages import bin, unfinished
from portal.pages.from_word import reading as from_word
from portal.personal_data import reports
from portal.spaces import export, outsiders

from . import notebook, snapshots

DONE_JOBS = timedelta(days=30)
FAILED_JOBS = timedelta(days=180)
DIGESTS = timedelta(days=365)
UPLOADS = timedelta(days=7)
LIVES = timedelta(days=365)  # what was a while in somebody's working life
MAILS = timedelta(days=30)


@dataclass(frozen=True)
class Term:
    """How long something is kept, in the words of whoever it is about; and what takes it away, where anything does."""

    title: str | Promise
    words: str | Promise
    forget: Callable[[], int] | None = None


def forget_all() -> int:
    """Take away all whose term has passed; safe to run twice and side by side."""
    return sum(term.forget() for term in TERMS if term.forget is not None)


def _sessions() -> int:
    """With them the last searches of their owners, and from where they were opened."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0] + sessions.purge()


def _digests() -> int:
    """A person's last stays: the next window begins where it ended."""
    newer = Delivery.objects.filter(user=OuterRef("user"), window_end__gt=OuterRef("window_end"))
    old = Delivery.objects.filter(Exists(newer), window_end__lt=timezone.now() - DIGESTS)
    return Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]


def _jobs() -> int:
    now = timezone.now()
    done = Job.objects.filter(state=JobState.DONE, touched_at__lt=now - DONE_JOBS).delete()[0]
    failed = Job.objects.filter(state=JobState.FAILED, touched_at__lt=now - FAILED_JOBS).delete()[0]
    return done + failed + Task.objects.filter(stopped__lt=now - DONE_JOBS).delete()[0] + notebook.forget_old()


def _unfinished() -> int:
    """Forms that nobody sent, files that nobody named, windows that are closed."""
    count = FormState.objects.stale().delete()[0]
    count += EditingSession.objects.filter(last_seen_at__lt=timezone.now() - UPLOADS).delete()[0]
    for upload in UploadedFile.objects.all():
        if _written_at(upload) < timezone.now() - UPLOADS:
            upload.file.delete(save=False)
            upload.delete()
            count += 1
    count += unfinished.purge() + from_word.purge() + _files_without_a_row()
    return count + EmailConfirmation.objects.all_expired().delete()[0]


def _written_at(upload: UploadedFile) -> datetime:
    """The row has no date, its file has."""
    try:
        found: datetime = upload.file.storage.get_modified_time(upload.file.name)
    except FileNotFoundError:
        return datetime.min.replace(tzinfo=UTC)
    return found


def _files_without_a_row() -> int:
    """What a process that was killed between a file and its row left behind; no backup holds it either."""
    before = timezone.now() - UPLOADS
    old = [file.name for file in file_store().everything() if file.at < before]
    if not old:
        return 0
    named = snapshots.named_files()  # asked after the files: a row is never older than its file
    lost = [name for name in old if name not in named]
    for name in lost:
        file_store().delete(name)
    return len(lost)


def _mails() -> int:
    """Those that could not leave, because there is no mail server: in the demonstration all of them."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", "") or "/nonexistent")
    before = (timezone.now() - MAILS).timestamp()
    old = [file for file in folder.glob("*.log") if file.stat().st_mtime < before]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _absences() -> int:
    """Days that say where somebody was not: nobody asks for them later."""
    count, _rows = Absence.objects.filter(until__lt=timezone.localdate() - LIVES).delete()
    return count


def _invitations() -> int:
    """Those that came to nothing; of one that was accepted stays who gave the account."""
    old = Invitation.objects.filter(withdrawn_at__lt=timezone.now() - LIVES, accepted_at=None)
    count, _rows = old.delete()
    return count


TERMS = [
    Term(
        _("Atti"),
        _(
            "Pubblicazioni, approvazioni e accessi dati o tolti restano, con il nome di chi li ha compiuti: provano "
            "quale regola valeva e chi poteva leggerla."
        ),
    ),
    Term(
        _("Versioni dei file"),
        _(
            "Quello che un file era prima di essere sostituito resta finché c’è il file, con il nome di chi l’ha "
            "sostituito; se conteneva dati personali si toglie."
        ),
    ),
    Term(_("Account"), _("Si chiude quando lasci la rete o alla data scritta; il nome resta accanto agli atti.")),
    Term(
        _("Ente e sede"),
        _("Da quando a quando sei stato di un ente resta: dice a nome di chi hai firmato e approvato."),
    ),
    Term(
        _("Assenze"),
        _("I giorni e chi ti sostituisce, mai il motivo: fino a un anno dopo la fine."),
        _absences,
    ),
    Term(
        _("Inviti"),
        _("Accettato, resta scritto chi ti ha dato l’account; ritirato, sparisce dopo un anno."),
        _invitations,
    ),
    Term(_("Ricerche salvate"), _("Finché le togli tu, da «Le tue ricerche».")),
    Term(
        _("Registro tecnico"),
        _(
            "Errori, accessi non riusciti, cambi di diritti ed esportazioni, con numeri al posto dei nomi: lo tiene la "
            "macchina che ospita il portale, per il tempo che decide chi la cura."
        ),
    ),
    Term(_("Cose da fare"), _("Finché sono da fare; fatte, ancora 90 giorni."), obligations.forget_old),
    Term(_("Segnalazioni"), _("Finché il problema è risolto, al massimo 90 giorni."), problem_reports.purge),
    Term(
        _("Segnalazioni di dati personali"),
        _("Finché chi risponde decide; poi ancora un anno."),
        reports.purge,
    ),
    Term(
        _("Aperture da esterni"),
        _(
            "Quando qualcuno apre una pagina con un collegamento per esterni: il giorno e l’ora, senza da dove; "
            "per un anno."
        ),
        outsiders.purge,
    ),
    Term(
        _("Sessione"),
        _(
            "Finisce quando esci o chiudi il browser, al massimo dopo 12 ore. Con lei finiscono, entro un’ora, le tue "
            "ultime ricerche, il nome del browser e l’indirizzo di rete da cui sei entrato, che vedi tra i tuoi "
            "accessi aperti."
        ),
        _sessions,
    ),
    Term(
        _("Riepiloghi"),
        _("Di ogni mail inviata restano data, oggetto ed esito, non il testo, per un anno."),
        _digests,
    ),
    Term(
        _("Lavori del portale"),
        _("Quello che il portale fa da solo (indice, mail, lettura dei file): 30 giorni; se non riesce, 180."),
        _jobs,
    ),
    Term(
        _("Moduli non inviati"),
        _(
            "Quello che hai cominciato a scrivere nell’area redazionale e i file caricati senza titolo: pochi giorni. "
            "Un documento di Word importato, sette giorni. Una notizia o un’altra modifica non finita: un mese."
        ),
        _unfinished,
    ),
    Term(
        _("Cestino"),
        _("Le bozze e i file eliminati, con il nome di chi li ha eliminati: 90 giorni, poi non ci sono più."),
        bin.empty,
    ),
    Term(
        _("Spazi portati via"),
        _("L’archivio che chi risponde di uno spazio si è fatto preparare: 7 giorni, solo per chi l’ha chiesto."),
        export.purge,
    ),
    Term(_("Mail non partite"), _("Dove manca un server di posta restano in una cartella per 30 giorni."), _mails),
]


def shown() -> list[Term]:
    """Those of the page on privacy: the copies too, where the portal makes them."""
    if not settings.BACKUP_TO:
        return TERMS
    words = _("Tengono quello che c’era quando sono state fatte; la più vecchia è di %(months)d mesi fa al massimo.")
    return [*TERMS, Term(_("Copie di sicurezza"), words % {"months": settings.BACKUP_KEEP[-1]})]
