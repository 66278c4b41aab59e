"""Programs that a model might write and nobody would run at home: each with the outcomes that it may have."""

# ruff: noqa: E501
from __future__ import annotations

from typing import NamedTuple


class Hostile(NamedTuple):
    """A program, and the outcomes of which it has one."""

    name: str
    source: str
    outcomes: tuple[str, ...]


def _refused(call: str, setup: str = "import os") -> str:
    """Return a program that passes only where `call` is refused."""
    return f"{setup}\ntry:\n    {call}\nexcept OSError:\n    pass\nelse:\n    raise SystemError('it was let')"


HOSTILE = [
    Hostile("endless loop", "while True: pass", ("timeout",)),
    Hostile(
        "loop that ignores its last warning",
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        ("timeout",),
    ),
    Hostile(
        "loop that catches everything",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        ("timeout",),
    ),
    Hostile("fork bomb", "import os\nwhile True:\n    os.fork()", ("raised",)),
    Hostile(
        "children that stay",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(600)",
        ("passed",),
    ),
    Hostile(
        "threads without end",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(600,)).start()",
        ("raised",),
    ),
    Hostile("10 GB in one piece", "x = bytearray(10 << 30)", ("memory",)),
    Hostile("10 GB by and by", "x = []\nwhile True: x.append('가' * (8 << 20))", ("memory", "timeout")),
    Hostile(
        "memory in many processes",
        "import os, time\nfor _ in range(10):\n    if os.fork() == 0:\n        x = bytearray(200 << 20)\n"
        "        time.sleep(30)\ntime.sleep(30)",
        ("memory",),
    ),
    Hostile(
        "shared memory",
        _refused(
            "seg()",
            (
                "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                "def seg():\n    if libc.shmget(0, 1 << 30, 0o1600) < 0: raise OSError(ctypes.get_errno())"
            ),
        ),
        ("passed",),
    ),
    Hostile("memory without a name", _refused("os.memfd_create('x')"), ("passed",)),
    Hostile("output without end", "while True: print('x' * 1000)", ("output",)),
    Hostile("complaints without end", "import sys\nwhile True: sys.stderr.write('x' * 1000)", ("output",)),
    Hostile(
        "a file without end",
        "with open('x', 'wb') as f:\n    while True: f.write(bytes(1 << 20))",
        ("raised",),
    ),
    Hostile(
        "files without end",
        "import itertools\nfor n in itertools.count(): open(f'f{n}', 'w').close()",
        ("output", "raised"),
    ),
    Hostile(
        "folders too deep to remove",
        "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')",
        ("passed", "output", "raised"),
    ),
    Hostile(
        "a folder that may not be read",
        "import os\nos.makedirs('a/b/c'); open('a/b/c/x', 'w').close(); os.chmod('a/b', 0); os.chmod('a', 0)",
        ("passed",),
    ),
    Hostile(
        "deleting everything",
        "import os, shutil\nfor top in ('/code', '/usr/lib/locale', '/dev', '/etc'):\n"
        "    shutil.rmtree(top, ignore_errors=True)\nassert os.path.exists('/code/harness/execution/inside')",
        ("passed",),
    ),
    Hostile("writing to the system", _refused("open('/usr/x', 'w')"), ("passed",)),
    Hostile(
        "writing to its judge",
        _refused("open('/code/harness/execution/inside/program.py', 'a')"),
        ("passed",),
    ),
    Hostile(
        "reading the home",
        "import os\nassert not os.path.exists('/home') or not os.listdir('/home')",
        ("passed",),
    ),
    Hostile("reading a marked file", _refused("open(MARKED).read()", "MARKED = {marked!r}"), ("passed",)),
    Hostile("reading the password file", _refused("open('/etc/passwd').read()"), ("passed",)),
    Hostile("reading the environment", "import os\nassert 'SECRET' not in str(os.environ)", ("passed",)),
    Hostile("reading its judge's environment", _refused("open('/proc/1/environ', 'rb').read()"), ("passed",)),
    Hostile("writing to its judge's memory", _refused("open('/proc/1/mem', 'r+b')"), ("passed",)),
    Hostile(
        "a symlink out",
        _refused("open('out').read()", "import os\nos.symlink({marked!r}, 'out')"),
        ("passed",),
    ),
    Hostile("writing to /proc", _refused("open('/proc/sys/kernel/hostname', 'w').write('x')"), ("passed",)),
    Hostile(
        "a socket to the machine",
        "import socket\ntry: socket.create_connection(('127.0.0.1', {port}), 2)\n"
        "except OSError: pass\nelse: raise SystemError('connected')",
        ("passed",),
    ),
    Hostile(
        "a socket to the world",
        _refused("socket.create_connection(('1.1.1.1', 53), 2)", "import socket"),
        ("passed",),
    ),
    Hostile(
        "signals to the parent",
        "import os, signal\nfor s in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSTOP):\n"
        "    for pid in (1, os.getppid()):\n        try: os.kill(pid, s)\n        except PermissionError: pass",
        ("passed",),
    ),
    Hostile("signals to everybody", "import os, signal\nos.kill(-1, signal.SIGKILL)", ("passed", "raised")),
    Hostile("a signal to itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ("raised",)),
    Hostile("leaving early", "import os\nos._exit(0)", ("raised",)),
    Hostile("leaving politely", "raise SystemExit(0)", ("raised",)),
    Hostile(
        "saying it has passed", 'import os\nos.write(3, b\'{"outcome": "passed"}\')\nos._exit(0)', ("raised",)
    ),
    Hostile("closing the answer", "import os\nos.close(3)\nos.close(1)\nassert False", ("raised",)),
    Hostile(
        "a pickle that runs something",
        (
            "import os, pickle\nclass Evil:\n    def __reduce__(self): return os.system, ('kill -9 1; touch /usr/x',)\n"
            "assert pickle.loads(pickle.dumps(Evil())) != 0"
        ),
        ("passed",),
    ),
    Hostile("ANSI and nulls", "print('\\x1b[2J\\x1b]0;title\\x07\\x00')", ("passed",)),
    Hostile(
        "an error that fights back",
        (
            "class Evil(Exception):\n    def __str__(self): raise SystemExit\n    __repr__ = __str__\nraise Evil"
        ),
        ("raised",),
    ),
    Hostile("a crash of the interpreter", "import ctypes\nctypes.string_at(0)", ("raised",)),
    Hostile("recursion without end", "def f(): f()\nf()", ("raised",)),
    Hostile("no program at all", "이것은 코드가 아니에요!", ("syntax",)),
    Hostile(
        "new namespaces",
        _refused(
            "call()",
            (
                "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                "def call():\n    if libc.unshare(0x10000000) < 0: raise OSError(ctypes.get_errno())"
            ),
        ),
        ("passed",),
    ),
    Hostile(
        "a trace of its judge",
        _refused(
            "call()",
            (
                "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                "def call():\n    if libc.ptrace(16, 1, 0, 0) < 0: raise OSError(ctypes.get_errno())"
            ),
        ),
        ("passed",),
    ),
    Hostile("being root", "import os\nos.setuid(0)", ("raised",)),
]
