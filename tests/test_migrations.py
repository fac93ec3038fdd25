"""The way through the migrations and back, walked once for all that must outlive it: it takes a minute."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.installation import environment


def test_there_and_back_no_closing_is_lost_and_the_database_keeps_its_guard(prepared_in: Path, tmp_path: Path) -> None:
    script = Path(__file__).parent / "there_and_back.py"
    env = environment(prepared_in, tmp_path, "raccordo_kept", 14) | {"PYTHONPATH": str(settings.BASE_DIR)}
    done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("kept"), done.stderr[-3000:]
