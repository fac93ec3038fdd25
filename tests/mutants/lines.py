"""Which tests run which line of ours, and how long each takes: a plugin of `python -m tests.mutants`.

A test is known by its whole name, so that what prepares it counts with it; one that fails is not there.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("portal", "coordination", "protocols", "training", "search")


class Lines:
    def __init__(self, folder: Path, process: str) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.kept = folder / f"seconds.{process}.{os.getpid()}.json"
        self.coverage = coverage.Coverage(
            data_file=str(folder / "lines"), data_suffix=f"{process}.{os.getpid()}", config_file=False,
            include=[f"{ROOT}/{name}/*" for name in PACKAGES], omit=["*/migrations/*"],
        )  # fmt: skip
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        passed = {test: seconds for test, seconds in self.seconds.items() if test not in self.failed}
        self.kept.write_text(json.dumps(passed))


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("dist", "no") == "no":  # else the tests run in the processes of this one
        config.pluginmanager.register(Lines(Path(os.environ["LINES_IN"]), os.environ.get("PYTEST_XDIST_WORKER", "one")))
