"""django-q2's own command for a lane, which ends whatever happens to the processes below it."""

import os
import signal
from functools import partial
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

from portal.background.web import die_with_parent

# Seconds after it was asked to: more than the launcher waits, who is the first to lose patience where there is one.
ENDS_WITHIN = 20


class Lane(Cluster):
    """Asked to end it waits for its processes; one that hangs, or was killed with a lock in hand, never answers."""

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGALRM, _end_all)
        signal.alarm(ENDS_WITHIN)
        super().sig_handler(signum, frame)


def _end_all(signum: int, frame: FrameType | None) -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


class Command(BaseCommand):
    help = "Does the work of one lane, named by Q_CLUSTER_NAME; started by serve."

    def handle(self, *args: Any, **options: Any) -> None:
        # Whoever watches them may be killed first: then nobody is left below either.
        os.register_at_fork(after_in_child=partial(die_with_parent, signal.SIGKILL))
        Lane().start()
