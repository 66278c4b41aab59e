"""Which sandbox can be had on this machine: bubblewrap, else namespaces of our own; each is tried once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path, PurePath

from harness.errors import BadInput, Unavailable, did_you_mean
from harness.execution.inside.seccomp import MACHINES
from harness.execution.limits import Limits

BUBBLEWRAP, UNSHARE, NONE, AUTO = "bubblewrap", "unshare", "none", "auto"
CHOICES = (AUTO, BUBBLEWRAP, UNSHARE, NONE)
NEEDED_VERSION = (0, 8)  # of bubblewrap: --disable-userns, --size
CODE = "/code"
INSIDE = "harness/execution/inside"
ON_GITHUB = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
TRIAL = "import os; assert os.getpid() > 1 and not os.path.exists('/home')"
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")


def chosen(asked: str = AUTO) -> str:
    """Return the name of the sandbox that programs are run in here.

    Raises:
        BadInput: there is none of the name.
        Unavailable: none works here; why, and what would help.
    """
    if asked not in CHOICES:
        raise BadInput(f"--sandbox {asked}: no such sandbox.{did_you_mean(asked, CHOICES)}")
    if asked == NONE:
        return NONE
    tried = {name: obstacle(name) for name in ((BUBBLEWRAP, UNSHARE) if asked == AUTO else (asked,))}
    found = next((name for name, why in tried.items() if why is None), None)
    if found is None:
        raise Unavailable(
            f"no sandbox works here ({'; '.join(f'{n}: {why}' for n, why in tried.items())}); {ADVICE}"
        )
    return found


ADVICE = (
    f"on a GitHub runner `{ON_GITHUB}` and `apt-get install bubblewrap` help; "
    "--sandbox none runs the programs with your rights, files and network"
)


def command(name: str, limits: Limits) -> list[str]:
    """Return the command that starts a sandbox with a fork server in it."""
    return _bubblewrap(limits) if name == BUBBLEWRAP else _unshare(limits)


def _server() -> list[str]:
    code = (
        f"import sys; sys.path.insert(0, {CODE!r}); "
        "from harness.execution.inside.server import serve; serve()"
    )
    return [os.path.realpath(sys.executable), "-I", "-S", "-X", "utf8", "-c", code]


def _places() -> list[str]:
    """Return what of the machine is seen inside: the system, and Python where it is no part of that."""
    prefix = os.path.realpath(sys.base_prefix)
    home = [] if any(PurePath(prefix).is_relative_to(one) for one in SYSTEM) else [prefix]
    return [*SYSTEM, *home]


def _package() -> Path:
    return Path(__file__).resolve().parent / "inside"


def _bubblewrap(limits: Limits) -> list[str]:
    """Return the line of bubblewrap; root needs no user namespace, and keeps what the server needs."""
    argv = ["bwrap", "--cap-drop", "ALL"]
    for word in ("SETUID", "SETGID", "KILL", "DAC_OVERRIDE", "FOWNER") if os.getuid() == 0 else ():
        argv += ["--cap-add", f"CAP_{word}"]
    argv += ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"] if os.getuid() else []
    argv += [
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--as-pid-1",
    ]
    argv += [
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--hostname",
        "sandbox",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    for place in (*_places(), f"{CODE}/{INSIDE}"):
        for parent in [str(path) for path in PurePath(place).parents][-2::-1]:
            argv += ["--perms", "0755", "--dir", parent]  # else the mode is the machine's: 0700 of /root
    for place in _places():
        argv += ["--ro-bind-try", place, place]
    argv += ["--ro-bind", str(_package()), f"{CODE}/{INSIDE}", "--remount-ro", "/dev"]
    argv += ["--perms", "1777", "--size", str(limits.tmp), "--tmpfs", "/tmp"]
    return [*argv, "--chdir", "/tmp", "--remount-ro", "/", *_server()]


def _unshare(limits: Limits) -> list[str]:
    """Return the line that enters namespaces by `inside.enter`."""
    code = (
        f"import sys; sys.path.insert(0, {str(_package().parents[2])!r}); "
        "from harness.execution.inside.enter import main; main()"
    )
    shown = [*((place, place) for place in _places()), (str(_package()), f"{CODE}/{INSIDE}")]
    asked = json.dumps({"server": _server(), "places": shown, "tmp": limits.tmp})
    return [sys.executable, "-I", "-S", "-c", code, asked]


@lru_cache(maxsize=4)
def obstacle(name: str) -> str | None:
    """Return why programs cannot be run in a sandbox here, None if they can: it is tried, not only found."""
    from harness.execution.worker import Worker

    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has no namespaces"
    if os.uname().machine not in MACHINES:
        return f"no filter of system calls is known for {os.uname().machine}"
    if name == BUBBLEWRAP and (missing := _missing_bubblewrap()):
        return missing
    with Worker(name, Limits()) as worker:
        tried = worker.run(TRIAL)
    return None if tried.outcome == "passed" else tried.error.strip().split("\n")[-1]


def described(name: str) -> str:
    """Return a sandbox with its version, where it has one."""
    return f"{name} {'.'.join(map(str, _version()))}" if name == BUBBLEWRAP else name


def _missing_bubblewrap() -> str | None:
    if shutil.which("bwrap") is None:
        return "bwrap is not installed"
    if (version := _version()) >= NEEDED_VERSION:
        return None
    return f"bwrap {'.'.join(map(str, version))} is older than {'.'.join(map(str, NEEDED_VERSION))}"


@lru_cache(maxsize=1)
def _version() -> tuple[int, ...]:
    """Return the version of bubblewrap, () where it tells none."""
    told = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", told)[:3]))
