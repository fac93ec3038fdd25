"""A process that has read all and forks for each mutant: the plugin of the run that `python -m tests.mutants` begins.

In the fork the functions of the module do what the wrong ones do; the file is wrong as well, for processes that tests
start. A line that runs when a module is read wants a process of its own. The tests that run the line are asked, those
of the module's name first, then the quickest, until one fails or what they take has reached the bound.
"""

import ast
import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from types import FunctionType
from typing import Any

import coverage
import pytest
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult
from django.db import connections

from tests.mutants import wrong
from tests.mutants.wrong import Mutant

ROOT = Path(__file__).resolve().parents[2]
BOUND = float(os.environ.get("SECONDS", "40"))


class Tests:
    """Which tests run a line, the nearest first."""

    def __init__(self, folder: Path) -> None:
        self.data = coverage.CoverageData(str(folder / "lines"))
        self.data.read()
        self.seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
        self.distrusted: set[str] = set()

    def of(self, mutant: Mutant) -> tuple[list[str], bool]:
        """With it, whether they run it when it is called; else it may run while the module is read."""
        by_line = self.data.contexts_by_lineno(str(ROOT / mutant.path))
        called, line = mutant.codes() is not None, range(mutant.line, mutant.line + 1)
        # Whichever test happens to read a module runs its lines: of those, all that use it are asked.
        for span in [line, _function(mutant)] if called else [_function(mutant)]:
            if found := self._known(test for line in span for test in by_line.get(line, ())):
                return self._within_bound(found, mutant), called
        return self._within_bound(self._known(test for tests in by_line.values() for test in tests), mutant), False

    def _known(self, found: Iterable[str]) -> set[str]:
        return set(found) & self.seconds.keys() - self.distrusted

    def _within_bound(self, found: Iterable[str], mutant: Mutant) -> list[str]:
        name = _words(Path(mutant.path).stem)
        far = {test: not name & _words(test.split("::")[0]) for test in found}
        chosen, taken = [], 0.0
        for test in sorted(found, key=lambda test: (far[test], self.seconds[test], test)):
            taken += self.seconds[test]
            if chosen and taken > BOUND:
                break
            chosen.append(test)
        return chosen


def _words(name: str) -> set[str]:
    return {word.rstrip("s") for word in re.split(r"[_./]", name)}


def _function(mutant: Mutant) -> range:
    """The lines of the innermost function that the mutant's line is in, its decorators among them."""
    functions = [node for node in ast.walk(ast.parse(mutant.source)) if isinstance(node, ast.FunctionDef)]
    spans = [range(min([f.lineno, *(d.lineno for d in f.decorator_list)]), (f.end_lineno or 0) + 1) for f in functions]
    return min((span for span in spans if mutant.line in span), key=len, default=range(0))


class Trying:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.folder, self.until = Path(asked["folder"]), asked["until"]
        found = {mutant.key: mutant for mutant in wrong.sample(ROOT, asked["paths"], sys.maxsize, "")}
        self.mutants = [found[key] for key in asked["keys"]]
        self.failed = ""
        self.trusted: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session, self.tests = session, Tests(self.folder / "lines")
        self.items = {item.nodeid: item for item in session.items}
        self.end = next(item for item in session.items if item.path.parent.name == "tests")  # keeps what a run shares
        warm = next(item for item in session.items if item.path.name == "test_codes.py")
        session.config.hook.pytest_runtest_protocol(item=warm, nextitem=self.end)
        session.config.pluginmanager.unregister(name="terminalreporter")
        self._look_at_functions()
        with use_db(str(self.folder / "session.sqlite"), WorkDB.Mode.open) as decided:
            for number, mutant in enumerate(self.mutants, 1):
                if time.time() > self.until:
                    break
                began, result = time.time(), self.result(mutant)
                decided.set_result(mutant.key, result)
                outcome = (result.test_outcome or result.worker_outcome).value
                print(f"{number}/{len(self.mutants)} {outcome} {time.time() - began:.1f}s {mutant.path}:{mutant.line} "
                      f"{result.output}", file=sys.__stderr__, flush=True)  # fmt: skip
        return True

    def _look_at_functions(self) -> None:
        gc.unfreeze()
        self.functions: dict[str, list[FunctionType]] = defaultdict(list)
        for found in gc.get_objects():
            if type(found) is FunctionType and found.__code__.co_filename.startswith(str(ROOT)):
                self.functions[found.__code__.co_filename].append(found)
        gc.freeze()

    def result(self, mutant: Mutant) -> WorkResult:
        if not mutant.wrong:
            return WorkResult(WorkerOutcome.SKIPPED, "no mutant: it is a type")
        diff = "\n".join(unified_diff(mutant.source.splitlines(), mutant.wrong.splitlines(), lineterm="", n=1))
        tests, called = self.tests.of(mutant)
        killer = self._killer(mutant, [test for test in tests if test in self.items], called)
        outcome = TestOutcome.KILLED if killer else TestOutcome.SURVIVED
        return WorkResult(WorkerOutcome.NORMAL, killer or f"{len(tests)} tests", outcome, diff)

    def _killer(self, mutant: Mutant, tests: list[str], called: bool) -> str:
        """The test that fails with it; one that fails without it too is asked no more."""
        if not tests:
            return ""
        file, codes = ROOT / mutant.path, mutant.codes()
        right = file.rename(file.with_suffix(".right"))  # put back at the next start, if this process is killed
        try:
            file.write_text(mutant.wrong)
            killer = self._forked(tests, codes or {}, str(file)) if called else self._alone(tests)
        finally:
            right.replace(file)
        if killer in self.items and killer not in self.trusted:
            if self._forked([killer], {}, str(file)):
                self.tests.distrusted.add(killer)
                return self._killer(mutant, [test for test in tests if test != killer], called)
            self.trusted.add(killer)
        return killer

    def _bound(self, tests: list[str]) -> float:
        return 20 + 3 * sum(self.tests.seconds[test] for test in tests)

    def _forked(self, tests: list[str], codes: dict, file: str) -> str:
        told, tell = os.pipe()
        if not (child := os.fork()):
            self._in_the_fork(tests, codes, file, tell)
        os.close(tell)
        until, ended = time.time() + self._bound(tests), (0, 0)
        while not ended[0] and time.time() < until:
            time.sleep(0.02)
            ended = os.waitpid(child, os.WNOHANG)
        if not ended[0]:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with os.fdopen(told) as answer:
            said = answer.read()
        return "took too long" if not ended[0] else f"it ended with {ended[1]}" if ended[1] else said

    def _in_the_fork(self, tests: list[str], codes: dict, file: str, tell: int) -> None:
        status = 1
        try:
            os.setsid()
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            for function in self.functions[file]:
                if new := codes.get(wrong.place(function.__code__)):
                    function.__code__ = new
            for connection in connections.all():  # what the right lines have written there
                connection.__dict__.pop("_prepared_questions", None)
            items = [self.items[test] for test in tests]
            for item, following in zip(items, [*items[1:], self.end], strict=True):
                self.session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.failed:
                    break
            os.write(tell, self.failed.encode())
            status = 0
        finally:
            os._exit(status)

    def _alone(self, tests: list[str]) -> str:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", *tests]
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            said, _ = run.communicate(timeout=30 + self._bound(tests))
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            return "took too long"
        named = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
        return "" if not run.returncode else named[1] if named else f"it ended with {run.returncode}"


def pytest_configure(config: pytest.Config) -> None:
    if "TRYING" in os.environ:  # not in the processes that this one starts
        config.pluginmanager.register(Trying(json.loads(os.environ.pop("TRYING"))))
