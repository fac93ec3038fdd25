"""What the reading process gives up before it looks at a file: files of others, network, other processes.

Landlock (which files) and seccomp (which calls of the kernel) need neither root nor a namespace. Where a kernel has
not got one of them, `confine` names it, and the portal says so in its log. Knows nothing of Django.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable

LANDLOCK, SECCOMP = "landlock", "seccomp"

# --- Landlock: nothing is read but the interpreter, its libraries and this folder; nothing is written -----

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # from which version on
_TCP = {4: 0b11}  # listening and connecting
_SCOPES = {6: 0b11}  # sockets without a file, signals
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom")


def confine() -> list[str]:
    """Give it all up for good; returns what this kernel does not know."""
    if sys.platform != "linux":
        return [LANDLOCK, SECCOMP]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return [LANDLOCK, SECCOMP]
    return [name for name, act in ((LANDLOCK, _landlock), (SECCOMP, _seccomp)) if not act(libc)]


def _landlock(libc: ctypes.CDLL) -> bool:
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    handled = [_known(version, rights) for rights in (_FILE_RIGHTS, _TCP, _SCOPES)]
    known = handled[: 3 if version >= min(_SCOPES) else 2 if version >= min(_TCP) else 1]
    rules = struct.pack(f"{len(known)}Q", *known)
    ruleset = libc.syscall(_CREATE, rules, ctypes.c_size_t(len(rules)), 0)
    if ruleset < 0:
        return False
    for path, rights in _readable():
        _allow(libc, ruleset, path, rights)
    return not libc.syscall(_RESTRICT, ruleset, 0)


def _known(version: int, rights: dict[int, int]) -> int:
    return max((mask for since, mask in rights.items() if since <= version), default=0)


def _readable() -> Iterable[tuple[str, int]]:
    named = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    for folder in {sys.prefix, sys.base_prefix, HERE, *LIBRARIES, *filter(None, named)}:
        yield folder, _READ_FILE | _READ_DIR
    for file in FILES:
        yield file, _READ_FILE


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    if not os.path.exists(path):
        return
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    libc.syscall(_ADD, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, fd), 0)
    os.close(fd)


# --- seccomp: no network, no other process, nothing of a file but reading it -------------------------------

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column below, the kernel's own name
_NONE = -1
_REFUSED = {
    "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "connect": (42, 203), "sendto": (44, 206), "sendmsg": (46, 211),
    "fork": (57, _NONE), "vfork": (58, _NONE), "clone": (56, 220), "clone3": (435, 435), "execve": (59, 221),
    "execveat": (322, 281), "ptrace": (101, 117), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "setsid": (112, 157), "setpgid": (109, 154), "setrlimit": (160, 164),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "chroot": (161, 51),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "creat": (85, _NONE), "open": (2, _NONE), "openat2": (437, 437), "open_by_handle_at": (304, 265),
    "truncate": (76, 45), "chmod": (90, _NONE), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, _NONE),
    "fchown": (93, 55), "lchown": (94, _NONE), "fchownat": (260, 54), "utime": (132, _NONE), "utimes": (235, _NONE),
    "utimensat": (280, 88), "unlink": (87, _NONE), "unlinkat": (263, 35), "rename": (82, _NONE),
    "renameat": (264, 38), "renameat2": (316, 276), "link": (86, _NONE), "linkat": (265, 37), "symlink": (88, _NONE),
    "symlinkat": (266, 36), "mkdir": (83, _NONE), "mkdirat": (258, 34), "rmdir": (84, _NONE), "mknod": (133, _NONE),
    "mknodat": (259, 33), "futimesat": (261, _NONE), "fchmodat2": (452, 452),
    # Words beside a file, who may open it among them: no rule of Landlock knows of those.
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "file_setattr": (469, 469), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # Other processes of the same user: their signals, their limits, their turn, their memory.
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "prlimit64": (302, 261), "setpriority": (141, 140),
    "ioprio_set": (251, 30), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # What stays when it has ended, and is counted by no limit of its own.
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "semctl": (66, 191),
    "semop": (65, 193), "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188),
    "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181),
    # The machine, where the portal is run by root.
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "reboot": (169, 142), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "pivot_root": (155, 41), "syslog": (103, 116),
    "vhangup": (153, 58), "iopl": (172, _NONE), "ioperm": (173, _NONE), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
}  # fmt: skip
_FCNTL = (72, 25)
_SIGNALS = (8, 10, 15)  # of `fcntl`: to whom a pipe sends which signal when something comes
_OPENAT = (257, 56)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_X32 = 0x40000000  # numbers of another set of calls on the same processor
_LOAD, _EQUAL, _AT_LEAST, _ANY_OF, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _SECOND_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 24, 32  # where they stand in what the filter looks at
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # "not permitted", which a parser's own handling of errors knows

Step = tuple[int, int, int, int]  # what, how far to jump if so, if not, with which value


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def _seccomp(libc: ctypes.CDLL) -> bool:
    if platform.machine() not in _MACHINES:
        return False
    steps = _steps(*_MACHINES[platform.machine()])
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), packed)
    return not libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _steps(column: int, machine: int) -> list[Step]:
    """The filter; its last step refuses, the one before it allows."""
    refused = sorted({numbers[column] for numbers in _REFUSED.values()} - {_NONE})
    to_refuse, allow = -1, (_RETURN, 0, 0, _ALLOW)
    steps: list[Step] = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 0, to_refuse, machine), (_LOAD, 0, 0, _NUMBER)]
    for what, value in [(_AT_LEAST, _X32), *((_EQUAL, number) for number in refused)]:
        steps.append((what, to_refuse, 0, value))
    signals: list[Step] = [(_EQUAL, to_refuse, 0, command) for command in _SIGNALS]
    steps += [(_EQUAL, 0, len(signals) + 2, _FCNTL[column]), (_LOAD, 0, 0, _SECOND_ARGUMENT), *signals, allow]
    steps += [(_EQUAL, 0, 2, _OPENAT[column]), (_LOAD, 0, 0, _THIRD_ARGUMENT), (_ANY_OF, to_refuse, 0, _WRITING)]
    steps += [allow, (_RETURN, 0, 0, _REFUSE)]

    def jump(at: int, by: int) -> int:
        return len(steps) - at - 2 if by == to_refuse else by

    return [(what, jump(at, so), jump(at, not_so), value) for at, (what, so, not_so, value) in enumerate(steps)]
