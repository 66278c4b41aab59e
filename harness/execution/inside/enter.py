"""New namespaces without bubblewrap: a root of its own on a tmpfs, and the fork server as pid 1 in it.

Started as `python -I -S -c "…enter(PLACES)"` on the machine itself. By root no user namespace is needed; by
anybody else one is made, in which that user is 1000. The steps are bubblewrap's.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from collections.abc import Sequence

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    *(0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000),
)
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_SETATTR, RECURSIVE, HERE = 442, 0x8000, -100
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 24, 38, 47
# What a root server needs over a child that is nobody: to become it, to end it, to clean up after it.
KEPT = (1, 3, 5, 6, 7)  # DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID
CAPABILITIES = 41
DEVICES = ("null", "zero", "full", "random", "urandom")
OLD = "/machine"

_libc = ctypes.CDLL(None, use_errno=True)


def _call(what: str, result: int) -> int:
    """Return the result of a system call.

    Raises:
        OSError: it failed; the message says what was tried.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def enter(server: Sequence[str], places: Sequence[Sequence[str]], tmp: int) -> None:
    """Become the keeper of a sandbox in which `server` is pid 1, and end with it.

    `places` are pairs: a file or folder of the machine, and where it is there, for reading. `tmp` is the size
    of its folder for files, in bytes.

    Raises:
        OSError: the machine does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    spaces = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWPID | NEWNET | (NEWUSER if user else 0)
    _call("unshare", _libc.unshare(spaces))
    if user:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"1000 {user} 1"),
            ("gid_map", f"1000 {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as stated:
                stated.write(text)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 255)
    _call("prctl", _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _make_root(places, tmp)
    _drop_capabilities()
    os.setsid()
    os.execve(server[0], list(server), {})


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    given = (source.encode(), target.encode(), kind.encode(), flags, options.encode())
    _call(f"mount {target}", _libc.mount(*given))


def _make_root(places: Sequence[Sequence[str]], tmp: int) -> None:
    """Make a tmpfs the root, bind into it what is to be seen, and let go of the machine's."""
    _mount("none", "/", "", REC | PRIVATE)
    base = "/tmp"
    _mount("tmpfs", base, "tmpfs", NOSUID | NODEV, "mode=0755,size=1m")
    os.mkdir(base + OLD)
    call = PIVOT_ROOT[os.uname().machine]
    _call("pivot_root", _libc.syscall(call, base.encode(), (base + OLD).encode()))
    os.chdir("/")
    for source, place in places:
        _show(OLD + source, place)
    os.mkdir("/dev")
    for name in DEVICES:
        open(f"/dev/{name}", "w").close()
        _mount(f"{OLD}/dev/{name}", f"/dev/{name}", "", BIND)
    os.mkdir("/proc")
    _mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    os.makedirs("/tmp", exist_ok=True)
    _mount("tmpfs", "/tmp", "tmpfs", NOSUID | NODEV, f"mode=1777,size={tmp},nr_inodes=8192")
    _call("umount", _libc.umount2(OLD.encode(), MNT_DETACH))
    os.rmdir(OLD)
    _mount("none", "/", "", REMOUNT | BIND | RDONLY | NOSUID | NODEV)
    os.chdir("/tmp")
    host = b"sandbox"
    _call("sethostname", _libc.sethostname(host, len(host)))


def _show(old: str, place: str) -> None:
    """Bind a file or folder of the machine at `place`, for reading, with all that is mounted in it."""
    if not os.path.lexists(old):
        return
    os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
    if os.path.islink(old):
        os.symlink(os.readlink(old), place)
        return
    if os.path.isdir(old):
        os.makedirs(place, mode=0o755, exist_ok=True)
    else:
        open(place, "w").close()
    _mount(old, place, "", BIND | REC)
    read_only = struct.pack("QQQQ", RDONLY | NOSUID | NODEV, 0, 0, 0)  # struct mount_attr, Linux 5.12
    sealed = _libc.syscall(MOUNT_SETATTR, HERE, place.encode(), RECURSIVE, read_only, len(read_only))
    _call(f"mount_setattr {place}", sealed)


def _drop_capabilities() -> None:
    """Keep of root what the server needs; anybody else loses all at the next exec."""
    _libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)  # CLEAR_ALL
    for number in range(CAPABILITIES):
        if os.getuid() or number not in KEPT:
            _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    _call("prctl", _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def main() -> None:
    """Enter as the first argument, JSON, says: the `server`, the `places` and the size of `tmp`."""
    asked = json.loads(sys.argv[1])
    try:
        enter(asked["server"], asked["places"], asked["tmp"])
    except (OSError, KeyError) as error:
        sys.stderr.write(f"{error}\n")
        os._exit(71)
