"""The reading process reaches nothing but its file: what a fault in a parser would try is tried for real."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.files.extraction import extract, parent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what confines it is Linux's own")
ROOT = Path(__file__).resolve().parents[2]
# Each tries one thing, and does it where nothing holds it back.
TRIES = {
    "read a file of others": "open(f'{room}/secret').read()",
    "read the environment of the portal": "open(f'/proc/{os.getppid()}/environ', 'rb').read()",
    "read the accounts of the machine": "open('/etc/passwd').read()",
    "list a folder": "os.listdir(room)",
    "write a new file": "open(f'{room}/new', 'w')",
    "write over a file": "open(f'{room}/secret', 'r+')",
    "empty a file": "os.truncate(f'{room}/secret', 0)",
    "delete a file": "os.unlink(f'{room}/deleted')",
    "rename a file": "os.rename(f'{room}/renamed', f'{room}/renamed-now')",
    "link a file": "os.link(f'{room}/secret', f'{room}/linked')",
    "make a folder": "os.mkdir(f'{room}/folder')",
    "open a file to everybody": "os.chmod(f'{room}/secret', 0o777)",
    "set the time of a file": "os.utime(f'{room}/secret', (1, 1))",
    "open the network": "socket.create_connection(('127.0.0.1', port), 2)",
    "talk to a process": "socket.socketpair()",
    "fork": "os.fork() or os._exit(0)",
    "start a program": "subprocess.run(['/bin/true'], check=True)",
    "start a thread": "threading.Thread(target=int).start()",
    "signal the portal": "os.kill(os.getppid(), 0)",
    "leave its group": "os.setsid()",
    "signal the portal with a word": "call((129, 138), os.getppid(), 0, struct.pack('iii116x', 0, 0, -1))",
    "have a pipe signal the portal": "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
    "have a pipe signal the portal's thread": "fcntl.fcntl(os.pipe()[0], 15, struct.pack('ii', 1, os.getppid()))",
    "have a pipe end who waits for it": "fcntl.fcntl(os.pipe()[0], 10, 9)",
    "limit the portal": "resource.prlimit(os.getppid(), 4, resource.prlimit(os.getppid(), 4))",
    "make the portal wait": "os.setpriority(0, os.getppid(), os.getpriority(0, os.getppid()))",
    "choose the portal's processor": "os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid()))",
    "choose the portal's turn": "os.sched_setscheduler(os.getppid(), os.SCHED_OTHER, os.sched_param(0))",
    "leave memory behind": "call((31, 195), call((29, 194), 0, 4096, 0o600), 0, 0)",
    "leave a word behind": "call((240, 180), b'raccordo', 0o102, 0o600, None); call((241, 181), b'raccordo')",
    "open a file to everybody in a new way": "call((452, 452), -100, f'{room}/secret'.encode(), 0o777, 0)",
    "write beside a file": "os.setxattr(f'{room}/secret', 'user.raccordo', b'1')",
    "write beside a file in a new way": "call((463, 463), -100, f'{room}/secret'.encode(), 0, b'user.r', 0, 16)",
}
# What not every machine lets anybody do: whoever leads a group cannot leave it, calls of kernels to come, other disks.
NOT_EVERYWHERE = {"leave its group", "open a file to everybody in a new way", "write beside a file",
                  "write beside a file in a new way", "leave a word behind"}  # fmt: skip
PROBE = """
import ctypes, fcntl, json, os, platform, resource, socket, struct, subprocess, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def call(numbers, *arguments):
    found = libc.syscall(numbers[platform.machine() == "aarch64"], *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return found
sys.path.append(sys.argv[1])
from portal.files.extraction import confinement, limits
room, port, tries, how = sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5]
lacking = []
if how == "without landlock":
    confinement._landlock = lambda libc: False
if how != "free":
    limits.restrain()
    lacking = confinement.confine()
done = []
for name, code in tries.items():
    try:
        exec(code)
    except (OSError, RuntimeError, subprocess.SubprocessError):
        continue
    done.append(name)
print(json.dumps([done, lacking]), flush=True)
os._exit(0)
"""


def what_it_reaches(room: Path, how: str) -> Any:
    room.mkdir()
    for name in ("secret", "deleted", "renamed"):
        (room / name).write_text("segreto")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-I", "-c", PROBE, str(ROOT), str(room), str(server.getsockname()[1])]
        run = subprocess.run(
            [*command, json.dumps(TRIES), how],
            capture_output=True,
            check=True,
            text=True,
            start_new_session=how == "free",
        )
    return json.loads(run.stdout)


def test_the_reading_process_reaches_nothing_but_its_file(tmp_path: Path) -> None:
    done, lacking = what_it_reaches(tmp_path / "held", "held")
    assert (done, lacking) == ([], [])
    assert (tmp_path / "held" / "secret").read_text() == "segreto"
    assert {file.name for file in (tmp_path / "held").iterdir()} == {"secret", "deleted", "renamed"}
    free, _lacking = what_it_reaches(tmp_path / "free", "free")
    assert set(TRIES) - set(free) <= NOT_EVERYWHERE


def test_a_kernel_without_landlock_still_lets_nothing_be_written_sent_or_started(tmp_path: Path) -> None:
    done, lacking = what_it_reaches(tmp_path / "room", "without landlock")
    assert lacking == ["landlock"]
    assert set(done) == {name for name in TRIES if name.startswith(("read ", "list "))}


def test_what_a_kernel_lacks_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    parent._say_what_is_lacking.cache_clear()
    said = {"pages": ["a"], "problem": "", "signatures": [], "kind": "txt", "lacking": ["landlock"]}
    assert parent._understood(json.dumps(said).encode()).text == "a"
    assert "not confined" in caplog.text and "landlock" in caplog.text
    caplog.clear()
    assert extract(b"Ciao", "x.txt").text == "Ciao"
    assert "not confined" not in caplog.text


def test_the_reading_process_sees_no_setting_of_the_portal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "segretissima")
    monkeypatch.setenv("DATABASE_URL", "postgres://utente:parola@server/base")
    script = tmp_path / "child.py"
    answer = '{"pages": [str(sorted(os.environ))], "problem": "", "signatures": [], "kind": "txt"}'
    script.write_text(f"import json, os\nprint(json.dumps({answer}))")
    monkeypatch.setattr(parent, "CHILD", str(script))
    names = extract(b"x", "x.txt").text
    assert "SECRET_KEY" not in names and "DATABASE_URL" not in names
    assert os.environ["SECRET_KEY"] == "segretissima"
