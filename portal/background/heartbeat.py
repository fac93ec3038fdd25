"""How the launcher hears that a lane really works: django-q2 can look healthy with a dead queue.

A beat travels through the queue as any task does; a worker with a task in hand beats of itself. The beat is the time
of a file, by the clock that no one sets: on a full disk too, a file that is there takes another time.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.conf import settings

from portal.models.jobs import Lane

PULSE = 5.0
BEAT_EVERY = 5.0
SILENT_AFTER = 20.0  # seconds for which a beat may stay without an answer
FIRST_BEAT_WITHIN = 60.0  # a slow machine takes its time to start


def own_lane() -> Lane:
    """Of the process that asks; django-q2 reads the same name."""
    return Lane(os.environ.get("Q_CLUSTER_NAME", Lane.QUICK))


def file_of(lane: Lane) -> Path:
    return Path(settings.DATA_DIR) / f"heartbeat.{lane}"


def beat() -> None:
    """Show the launcher that this lane works."""
    file, now = file_of(own_lane()), time.monotonic()
    file.touch()
    os.utime(file, (now, now))


class Heart:
    """Beats in a worker process for as long as it has a task in hand: work that takes long is no silence."""

    def __init__(self) -> None:
        self.resting = Event()

    def start(self, **kwargs: Any) -> None:
        self.stop()
        self.resting = Event()
        Thread(target=self._beat_until, args=[self.resting], daemon=True).start()

    def stop(self, **kwargs: Any) -> None:
        self.resting.set()

    @staticmethod
    def _beat_until(resting: Event) -> None:
        beat()
        while not resting.wait(PULSE):
            beat()


heart = Heart()


class Pulse:
    """The launcher's ear on one lane. Only a beat that was sent and got no answer is silence."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.sent = self.unanswered = self.started = 0.0

    def begin(self) -> None:
        """A new worker: what the last one said does not count."""
        with suppress(OSError):  # a disk that takes nothing; what was said before is told by its time
            file_of(self.lane).unlink(missing_ok=True)
        self.sent = self.unanswered = 0.0
        self.started = time.monotonic()

    def heard(self) -> float:
        """When the lane last beat; 0 before the first."""
        try:
            return file_of(self.lane).stat().st_mtime
        except OSError:  # not there yet, or its disk has gone
            return 0.0

    def wants_beat(self) -> bool:
        now = time.monotonic()
        return now - self.sent > BEAT_EVERY and now - self.heard() > BEAT_EVERY

    def was_sent(self, went: bool) -> None:
        """A beat was put into the queue; where that failed, nobody can answer, and nobody is silent."""
        self.sent = time.monotonic()
        if not went:
            self.unanswered = 0.0
        elif not self.unanswered or self.unanswered < self.heard():
            self.unanswered = self.sent

    def forget_before(self, moment: float) -> None:
        """A beat that was sent before then could not be answered."""
        if self.unanswered < moment:
            self.unanswered = 0.0

    def is_silent(self) -> bool:
        heard, now = self.heard(), time.monotonic()
        if not self.unanswered or heard >= self.unanswered:
            return False
        patience = SILENT_AFTER if heard > self.started else FIRST_BEAT_WITHIN
        return now - self.unanswered > patience
