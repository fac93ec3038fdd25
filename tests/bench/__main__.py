"""`make bench`: what Raccordo costs over a bare Wagtail, as ratios measured side by side in one run.

Two processes serve the same text: the portal on its demo network, and a Wagtail site with one plain page
type, no spaces, no permissions. Requests alternate between them, so that a noisy machine disturbs both.
"""

import statistics
import subprocess
import sys
import tempfile
from typing import Any

ROUNDS = 15
PAIRS = [
    ("page of a protocol", "get /p/PR-01/", "get /pr-01/"),
    ("home", "get /", "get /"),
    ("search, ten results", "get /cerca/?q=assistenza", "get /search/?q=assistenza"),
]
ALONE = [
    ("loading the demo, over an empty migration", "load_demo", "migrate"),
    ("publish and find, over publish alone", "publish_and_find", "publish"),
]


class Site:
    """One process that does what it is told and answers in milliseconds."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, "-m", "tests.bench.worker", name, tempfile.mkdtemp(prefix=f"bench-{name}-")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def time(self, what: str) -> float:
        stdin: Any = self.process.stdin
        stdout: Any = self.process.stdout
        stdin.write(f"{what}\n")
        stdin.flush()
        return float(stdout.readline())

    def close(self) -> None:
        stdin: Any = self.process.stdin
        stdin.close()
        self.process.wait()


def row(label: str, ours: list[float], theirs: list[float]) -> None:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"{label:<44}{statistics.median(ours):>10.1f} ms{statistics.median(theirs):>10.1f} ms{ratio:>8.2f}×")


def main() -> None:
    portal, bare = Site("portal"), Site("bare")
    print(f"{'':<44}{'Raccordo':>13}{'beside':>13}{'ratio':>9}")
    migrate, load = portal.time("migrate"), portal.time("load_demo")
    bare.time("migrate"), bare.time("load")
    row(ALONE[0][0], [load], [migrate])
    for label, ours, theirs in PAIRS:
        for site, what in ((portal, ours), (bare, theirs)):
            site.time(what)  # the first one fills the caches
        rounds = [(portal.time(ours), bare.time(theirs)) for _ in range(ROUNDS)]
        row(label, [a for a, _ in rounds], [b for _, b in rounds])
    rounds = [(portal.time("publish_and_find"), portal.time("publish")) for _ in range(ROUNDS)]
    row(ALONE[1][0], [a for a, _ in rounds], [b for _, b in rounds])
    portal.close()
    bare.close()


if __name__ == "__main__":
    main()
