"""What `deploy/` holds is tried as far as a machine goes: the unit is understood, the container's context enough."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.portal.test_settings import BASE, SOUND, start

DEPLOY = BASE / "deploy"
# A start from the folder that is named, and from no other.
BEGIN = """
import os, sys
os.chdir(sys.argv[1])
sys.path = [path for path in sys.path if "site-packages" in path or "lib/python" in path]
sys.path.insert(0, os.getcwd())
import portal, django
assert portal.__file__.startswith(os.getcwd()), portal.__file__
django.setup()
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
call_command("check", deploy=True, fail_level="WARNING")
import portal.wsgi
print("parte")
"""


def copied() -> set[str]:
    """What the container file takes from its context."""
    lines = re.findall(r"(?m)^COPY (.+) \./\S*$", (DEPLOY / "Containerfile").read_text())
    return {source for sources in lines for source in sources.split()}


def test_what_the_container_copies_is_all_that_the_portal_needs_to_start(tmp_path: Path) -> None:
    context = (BASE / ".dockerignore").read_text().splitlines()
    assert copied() == {line[1:] for line in context if line.startswith("!")}, "no more goes in than is copied"
    for source in copied():
        where = BASE / source
        (shutil.copytree if where.is_dir() else shutil.copy)(where, tmp_path / source)
    began = start(tmp_path / "data", "-c", BEGIN, str(tmp_path), **SOUND)
    assert began.stdout.splitlines()[-1:] == ["parte"], began.stderr


def test_the_container_takes_nothing_from_elsewhere_and_runs_as_nobody() -> None:
    lines = (DEPLOY / "Containerfile").read_text()
    assert lines.count("\nFROM ") == 1 and "--require-hashes" in lines and "USER raccordo" in lines
    assert not re.search(r"https?://|apt-get|curl|wget|git clone", lines)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and not os.environ.get("CI"), reason="systemd is not here to read its unit"
)
def test_the_unit_is_one_that_systemd_understands_and_keeps_the_data_private(tmp_path: Path) -> None:
    unit, here = (DEPLOY / "raccordo.service").read_text(), tmp_path / "raccordo.service"
    there = unit.replace("/opt/raccordo/.venv/bin/python", sys.executable)
    here.write_text(re.sub(r"(?m)^(User|Group)=raccordo$", r"\1=root", there))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True, check=False
    )
    assert [line for line in said.stderr.splitlines() if "raccordo.service" in line] == []
    assert "StateDirectoryMode=0700" in unit and "UMask=0077" in unit and "manage.py serve" in unit
