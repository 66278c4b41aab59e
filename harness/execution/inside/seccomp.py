"""A seccomp filter: system calls that no limit sees, or that open kernel surface, are refused with EPERM.

A program of classic BPF over `struct seccomp_data` (linux/seccomp.h): the number of the call at byte 0, the
architecture at 4, the low half of the first argument at 16.
"""

from __future__ import annotations

import ctypes
import os
import struct

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, NO_CALL, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS
NUMBER, ARCHITECTURE, ARGUMENT = 0, 4, 16
NEW_NAMESPACES = 0x7E020000 | 0x00000080  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET; NEWTIME
X32 = 0x40000000  # the same calls under other numbers

# name → numbers on x86_64 and aarch64 (asm/unistd_64.h, asm-generic/unistd.h)
REFUSED = {
    **{"shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180)},
    **{"memfd_create": (319, 279), "memfd_secret": (447, 447), "userfaultfd": (323, 282)},
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
    **{"unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39)},
    **{"pivot_root": (155, 41), "chroot": (161, 51), "fsopen": (430, 430), "move_mount": (429, 429)},
    **{"open_tree": (428, 428), "mount_setattr": (442, 442), "fsmount": (432, 432)},
    **{"bpf": (321, 280), "perf_event_open": (298, 241), "kexec_load": (246, 104)},
    **{"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
}
MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column, audit arch, clone
CLONE3 = 435  # its flags lie in memory, where no filter reads: libc falls back to clone on ENOSYS


def instructions(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter as (code, jump if true, jump if false, constant).

    Raises:
        KeyError: the numbers of the calls are not known for the machine.
    """
    column, architecture, clone = MACHINES[machine]
    head = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, REFUSE),
        (EQUAL, 0, 1, CLONE3),
        (RETURN, 0, 0, NO_CALL),
    ]
    for numbers in REFUSED.values():
        head += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, REFUSE)]
    namespaces = [
        (EQUAL, 0, 3, clone),
        (LOAD, 0, 0, ARGUMENT),
        (ANY_BIT, 0, 1, NEW_NAMESPACES),
        (RETURN, 0, 0, REFUSE),
    ]
    return [*head, *namespaces, (RETURN, 0, 0, ALLOW)]


def forbid() -> None:
    """Put the filter on this process and all that it starts, for good.

    Raises:
        OSError: the kernel does not take it, or the machine is not known.
    """
    machine = os.uname().machine
    if machine not in MACHINES:
        raise OSError(f"no filter of system calls for {machine}")
    steps = instructions(machine)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, FILTER, program, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")
