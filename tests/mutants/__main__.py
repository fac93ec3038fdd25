"""`make mutants`: wrong lines are put into a copy of the code, one at a time; does a test fail?

MUTANTS=300 of all, chosen by SEED, below MODULES, for at most MINUTES=60; what was decided stays in var/mutants and is
not asked again, save with AGAIN=1 the survivors, after tests were written. The first time, or with MEASURE=1, all TESTS
run once to learn which lines each of them runs (half an hour); afterwards only files of tests that have changed.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import coverage
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome

from tests.mutants import wrong
from tests.mutants.lines import PACKAGES

HERE = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("MUTANTS_IN", HERE / "var" / "mutants")).resolve()
COPY, LINES, SESSION = FOLDER / "copy", FOLDER / "lines", FOLDER / "session.sqlite"
# They drive other processes, whose lines nobody counts here, or read the code as text.
NOT_ASKED = [
    "launcher", "elastic", "elastic_node", "upgrade", "backup", "proxy", "races", "web_processes", "migrations",
    "lanes", "deploy", "architecture", "templates", "theme", "gettext",
]  # fmt: skip
TESTS = [f"--ignore-glob=*/test_{name}.py" for name in NOT_ASKED] + ["-m", "not elastic and not verapdf"]


def copy_code(anew: bool) -> None:
    """Of what is under version control; afterwards of the tests alone, so that lines stay where they were measured."""
    if anew:
        shutil.rmtree(COPY, ignore_errors=True)
    for right in COPY.rglob("*.right"):
        right.replace(right.with_suffix(".py"))
    names = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (anew or name.startswith("tests/")) and (HERE / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, COPY / name)
    code = [name for name in names.split("\0") if name.startswith(PACKAGES) and name.endswith(".py")]
    if older := [name for name in code if _bytes(HERE / name) != _bytes(COPY / name)]:
        print(f"{len(older)} modules of the copy are older than yours: MEASURE=1 takes them as they are.", flush=True)


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def measure() -> None:
    """Run the files of tests that have changed since they were measured: which lines does each test run?"""
    known_at, seconds_at = LINES / "files.json", LINES / "seconds.json"
    known, seconds = (json.loads(at.read_text()) if at.exists() else {} for at in (known_at, seconds_at))
    files = [file for file in sorted((COPY / "tests").rglob("test_*.py")) if "e2e" not in file.parts]
    now = {str(file.relative_to(COPY)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    among = tuple(os.environ.get("TESTS", "tests").split())
    changed = [name for name in now if name.startswith(among) and known.get(name) != now[name]]
    changed = [name for name in changed if Path(name).stem.removeprefix("test_") not in NOT_ASKED]
    if not changed:
        return
    print(f"{len(changed)} files of tests are measured …", flush=True)
    processes = os.environ.get("PROCESSES", "2")
    shared = ["-n", processes, "--dist", "loadfile", "--no-loadscope-reorder"]
    run_tests("lines", [*shared, *changed], {"LINES_IN": str(LINES)})
    lines = coverage.CoverageData(str(LINES / "lines"))
    lines.read()
    for part in LINES.glob("lines.*"):
        lines.update(coverage.CoverageData(str(part)))
        part.unlink()
    lines.write()
    ran = set()
    for part in LINES.glob("seconds.*.json"):
        seconds |= (measured := json.loads(part.read_text()))
        ran |= {test.split("::")[0] for test in measured}
        part.unlink()
    seconds_at.write_text(json.dumps(seconds))
    for name in sorted({*changed} - ran):
        print(f"no test of {name} passes on the code of the copy", flush=True)
    known_at.write_text(json.dumps(known | {name: now[name] for name in changed if name in ran}))


def run_tests(plugin: str, arguments: list[str], environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", f"tests.mutants.{plugin}", "-p", "no:randomly", *TESTS]
    with subprocess.Popen(command + arguments, cwd=COPY, env=os.environ | environment) as run:
        run.wait()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # two would take each other's wrong lines for right ones
            sys.exit(f"Somebody is at work in {FOLDER}: MUTANTS_IN names another folder.")
        ask()


def ask() -> None:
    begun = time.time()
    anew = not COPY.exists() or "MEASURE" in os.environ
    if anew:
        shutil.rmtree(LINES, ignore_errors=True)
    LINES.mkdir(parents=True, exist_ok=True)
    copy_code(anew)
    measure()
    paths = wrong.modules(COPY, os.environ.get("MODULES", " ".join(PACKAGES)).split())
    sample = wrong.sample(COPY, paths, int(os.environ.get("MUTANTS", "300")), os.environ.get("SEED", "1"))
    with use_db(str(SESSION), WorkDB.Mode.create) as session:
        there = {item.job_id for item in session.work_items}
        session.add_work_items([mutant.item for mutant in sample if mutant.key not in there])
        decided = dict(session.results)
    again = {key for key, result in decided.items() if "AGAIN" in os.environ and not result.is_killed}
    asked = [mutant.key for mutant in sample if mutant.key not in decided.keys() - again]
    if asked:
        until = begun + 60 * float(os.environ.get("MINUTES", "60"))
        trying = {"folder": str(FOLDER), "keys": asked, "until": until, "paths": paths}
        # nobody may find a mutant compiled where the next one is written in the same second
        run_tests("trying", [], {"TRYING": json.dumps(trying), "PYTHONDONTWRITEBYTECODE": "1"})
    report(sample)


def report(sample: list[wrong.Mutant]) -> None:
    with use_db(str(SESSION), WorkDB.Mode.open) as session:
        results = {key: result for key, result in session.results if result.test_outcome}
    decided = [mutant for mutant in sample if mutant.key in results]
    survivors = [mutant for mutant in decided if results[mutant.key].test_outcome == TestOutcome.SURVIVED]
    counts = Counter(_package(mutant) for mutant in decided), Counter(_package(mutant) for mutant in survivors)
    for mutant in survivors:
        result = results[mutant.key]
        print(f"\n{mutant.path}:{mutant.line} {mutant.spec.definition_name} {result.output}")
        print(*(result.diff or "").splitlines()[3:], sep="\n")
    print("\n| package | mutants | killed | survived | killed % |\n| --- | --- | --- | --- | --- |")
    for name in sorted(counts[0]) + ["all"]:
        every, lived = (sum(count.values()) if name == "all" else count[name] for count in counts)
        print(f"| {name} | {every} | {every - lived} | {lived} | {100 * (every - lived) / max(every, 1):.0f} |")


def _package(mutant: wrong.Mutant) -> str:
    return "portal/access.py" if mutant.path == "portal/access.py" else mutant.path.split("/")[0]


if __name__ == "__main__":
    main()
