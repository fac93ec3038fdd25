"""«Stato del portale»: the administrator's page on queue, mails, index, disk, copies and faults."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal import access
from portal.background import jobs
from portal.files.storage import BucketAway, file_store
from portal.models import Delivery
from portal.models.digests import DeliveryState
from portal.models.jobs import Job, JobState, Lane
from portal.requests import PersonRequest

from . import backup, doctor, notebook

SHOWN = 50
LANES = {
    Lane.QUICK: gettext_lazy("Indice, approvazioni, orologio"),
    Lane.MAIL: gettext_lazy("Posta"),
    Lane.FILES: gettext_lazy("Lettura dei file"),
    Lane.MEANING: gettext_lazy("Significato dei testi"),
}


@dataclass(frozen=True)
class Waiting:
    """One lane: how much work waits in it, and since when."""

    label: str
    count: int
    since: datetime | None


@login_required
def status(request: PersonRequest) -> HttpResponse:
    access.require_administrator(request.user)
    failed = Job.objects.filter(state=JobState.FAILED).order_by("-touched_at")
    context = {
        "version": settings.VERSION,
        "faults": doctor.examine(doctor.quick()),
        "lanes": _lanes(),
        "failed": failed[:SHOWN],
        "failed_count": failed.count(),
        "digests": _digests(),
        "figures": [(label, figure()) for label, figure in doctor.figures.items()],
        "kinds": notebook.kinds()[:SHOWN],
        "backup": backup.last(),
        "disk": _disk(),
        "files": _files(),
    }
    return render(request, "portal/status.html", context)


def _lanes() -> list[Waiting]:
    waiting = Job.objects.filter(state=JobState.WAITING).order_by().values("lane")
    rows = {row["lane"]: row for row in waiting.annotate(count=Count("pk"), since=Min("asked_at"))}
    none: dict[str, Any] = {"count": 0, "since": None}
    found = [(lane, rows.get(lane, none)) for lane in Lane.in_use()]
    return [Waiting(str(LANES[lane]), row["count"], row["since"]) for lane, row in found]


def _digests() -> dict[str, Any]:
    """Of the last week."""
    week = Delivery.objects.filter(window_end__gte=timezone.now() - timedelta(days=7))
    sent = Count("pk", filter=Q(state=DeliveryState.SENT))
    failed = Count("pk", filter=Q(state=DeliveryState.FAILED))
    last = Delivery.objects.filter(state=DeliveryState.SENT).order_by("-sent_at").values_list("sent_at", flat=True)
    return {**week.aggregate(sent=sent, failed=failed), "last": last.first()}


def _files() -> tuple[int, int] | None:
    """How many there are, and how many bytes; None where nobody can say: one looks here when something is wrong."""
    try:
        sizes = [file.size for file in file_store().everything()]
    except BucketAway:
        return None
    return len(sizes), sum(sizes)


def _disk() -> Any:
    try:
        return shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return None


@login_required
@require_POST
def retry(request: PersonRequest, pk: int) -> HttpResponse:
    """«Riprova»: the job is asked for anew, as if it had never been tried."""
    access.require_administrator(request.user)
    if jobs.retry(pk):
        messages.success(request, _("Il lavoro è di nuovo in coda."))
    else:
        messages.info(request, _("Questo lavoro non è più tra quelli falliti."))
    return redirect("status")
