"""`make bench`: what Raccordo costs over a bare Wagtail, as ratios measured side by side in one run.

Two processes serve the same text: the portal on its demo network, and a Wagtail site with one plain page
type, no spaces, no permissions, no frame: a lower bound. Requests alternate between them, so that a noisy machine
disturbs both; what is compared is processor time. Then the network is grown, and the same pages are read again.

Beside a page stands what it may cost, in milliseconds on the demo, and whether it costs no more here: how fast the
machine is, the column of the bare page tells.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from typing import Any

from tests.bench import mails

ROUNDS = 15
READERS = ("elena.fedi", "chiara.bonacchi")  # of one space in ten; responsabile of all
IN_A_GROWN_SPACE = ("page of a grown space", "/spazi/prova-di-chi-legge/", "/pr-01/")
BEYOND = "search, beyond the engine's call"
PAGES = [
    ("page of a protocol", "/p/PR-01/", "/pr-01/"),
    ("page of a space", "/spazi/rete/", "/pr-01/"),
    ("home", "/", "/"),
    ("list of a kind", "/protocolli/", "/"),
    ("directory", "/rubrica/", "/"),
    ("news", "/novita/", "/"),
    ("search, ten results", "/cerca/?q=assistenza", "/search/?q=assistenza"),
    (BEYOND, "/cerca/?q=assistenza", "/search/?q=assistenza"),
    ("page of a form", "/p/MD-01/", "/pr-01/"),
    ("page of a meeting", "/p/R-08/", "/pr-01/"),
    ("page of an edition", "/p/PR-02/edizioni/1.0/", "/pr-01/"),
    ("comparison of two editions", "/p/PR-02/edizioni/1.0/confronta/2.0/", "/pr-01/"),
    ("register of adoptions", "/recepimenti/", "/pr-01/"),
]
GOALS = {
    "page of a protocol": 10, "page of a space": 10, "home": 15, "list of a kind": 15, "directory": 15, "news": 15,
    BEYOND: 15, IN_A_GROWN_SPACE[0]: 10,
}  # fmt: skip
PROTOCOLS, BODIES, SECTIONS = 200, 50, 300
TOLD, NEWS = 100, (8, 52)  # people, and so many pages more of which each of them is told
MAIL_ROUNDS = 5
LARGE = [
    (f"register of adoptions, {PROTOCOLS} × {BODIES}", "/recepimenti/", "/pr-01/"),
    (f"the same as XLSX, {PROTOCOLS} × {BODIES}", "/recepimenti/tabella.xlsx", "/pr-01/"),
    (f"comparison, {SECTIONS} sections", "/p/PR-900/edizioni/1.0/confronta/2.0/", "/pr-01/"),
    (f"page of an edition, {SECTIONS} sections", "/p/PR-900/edizioni/1.0/", "/pr-01/"),
]
EDITORS = [("admin, first page", "/admin/", "/"), ("admin, choosing a page", "/admin/choose-page/", "/")]


class Site:
    """One process that does what it is told and answers with milliseconds of its processor."""

    def __init__(self, name: str, folder: str) -> None:
        command = [sys.executable, "-m", "tests.bench.worker", name, folder]
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


def row(label: str, ours: list[float], theirs: list[float], before: float | None = None) -> float:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    cost = statistics.median(ours)
    grown = " " * 9 if before is None else f"{ratio / before:>8.2f}×"
    line = f"{label:<44}{cost:>10.1f} ms{statistics.median(theirs):>10.1f} ms{ratio:>8.2f}×{grown}"
    print(f"{line}{_judged(label, cost)}".rstrip(), flush=True)
    return ratio


def _judged(label: str, cost: float) -> str:
    goal = GOALS.get(label.rpartition(", ")[0])  # the reader stands behind the page
    return "" if goal is None else f"   {'met' if cost <= goal else 'not met'}: {goal} ms"


def pages(portal: Site, bare: Site, reader: str, grown: bool) -> list[tuple[str, str, str]]:
    found = [
        (name, f"{'beyond' if name == BEYOND else 'get'} {reader} {ours}", f"get - {theirs}")
        for name, ours, theirs in PAGES
    ]
    if grown:
        found.append((IN_A_GROWN_SPACE[0], f"get {reader} {IN_A_GROWN_SPACE[1]}", f"get - {IN_A_GROWN_SPACE[2]}"))
    if reader == READERS[1]:
        found += [(name, f"get {reader} {ours}", f"get - {theirs}") for name, ours, theirs in EDITORS]
    return found


def read(portal: Site, bare: Site, known: dict[str, float], grown: bool = False) -> dict[str, float]:
    """Each page for each reader, as ratios to the bare page; beside it how much it grew since `known`."""
    ratios = {}
    for reader in READERS:
        for name, ours, theirs in pages(portal, bare, reader, grown):
            label = f"{name}, {reader.split('.')[0]}"
            ratios[label] = beside(portal, bare, label, ours, theirs, known.get(label))
    return ratios


def beside(portal: Site, bare: Site, label: str, ours: str, theirs: str, before: float | None = None) -> float:
    for site, what in ((portal, ours), (bare, theirs)):
        site.time(what)  # the first one fills the caches
    rounds = [(portal.time(ours), bare.time(theirs)) for _ in range(ROUNDS)]
    return row(label, [a for a, _ in rounds], [b for _, b in rounds], before)


def rules(portal: Site, bare: Site) -> None:
    """The register and the comparison in the size of a large network, for whoever coordinates it."""
    portal.time(f"register {PROTOCOLS} {BODIES}"), portal.time(f"long_text {SECTIONS}")
    print()
    for name, ours, theirs in LARGE:
        beside(portal, bare, name, f"get {READERS[1]} {ours}", f"get - {theirs}")


def digests(folder: str, bare: Site) -> None:
    """A round of digests over a bare loop that renders and sends as much, on a copy of the demo network."""
    shutil.copytree(f"{folder}/portal", f"{folder}/mails")
    portal, told = Site("portal", f"{folder}/mails"), 0
    with mails.sink() as server:
        for more in NEWS:
            portal.time(f"news {server} {TOLD} {more}")
            told += more
            rounds = []
            for _ in range(1 + MAIL_ROUNDS):  # the first one fills the caches
                portal.time(f"make_due {TOLD}")
                rounds.append((portal.time(f"send_digests {TOLD}"), bare.time(f"send_mails {server} {TOLD} {told}")))
            ratio = row(f"{TOLD} digests, {told} news each", [a for a, _ in rounds[1:]], [b for _, b in rounds[1:]])
            print(f"  {1 / ratio:.2f} of the speed of a bare loop that renders and sends", flush=True)
    portal.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    for name, default in (("spaces", 500), ("pages", 100_000), ("people", 10_000), ("shares", 2000)):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"of the grown network ({default})")
    parser.add_argument("--digests-only", action="store_true", help="what a round of digests costs, and no more")
    parser.add_argument("--rules-only", action="store_true", help="the rules of a large network, and no more")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        portal, bare = Site("portal", f"{folder}/portal"), Site("bare", f"{folder}/bare")
        print(f"{'':<44}{'Raccordo':>13}{'bare':>13}{'ratio':>9}{'grown':>9}   goal")
        for what in ("migrate", "load_demo"):
            portal.time(what)
        bare.time("migrate"), bare.time("load")
        if asked.digests_only:
            digests(folder, bare)
            return
        if asked.rules_only:
            rules(portal, bare)
            return
        small = read(portal, bare, {})
        rounds = [(portal.time("publish_and_find"), portal.time("publish")) for _ in range(ROUNDS)]
        row("publish and find, over publish alone", [a for a, _ in rounds], [b for _, b in rounds])
        digests(folder, bare)
        size = f"{asked.spaces} {asked.pages} {asked.people} {asked.shares}"
        took = portal.time(f"grow {size}") / 1000
        print(
            f"\n{asked.spaces} spaces, {asked.pages} pages, {asked.people} people, {asked.shares} shares ({took:.0f} s)"
        )
        read(portal, bare, small, grown=True)
        rules(portal, bare)
        portal.close()
        bare.close()


if __name__ == "__main__":
    main()
