"""Memory that a process keeps for itself between layers.

A layer's output on a CPU is some megabytes. glibc hands freed blocks of that size back to the kernel, and the
next layer gets them again, empty, with a page fault for every 4 KiB: 140,000 faults and more where a small
model read 384 examples. torch keeps the memory of a GPU for later, but not the CPU's.
"""

from __future__ import annotations

import ctypes
import platform

# malloc.h: what is freed at the heap's top stays up to so many bytes; a larger block is the kernel's own.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT, OWN = 256 * 2**20, 32 * 2**20  # OWN is the most that glibc comes to by itself


def keep_freed() -> None:
    """Let this process keep up to KEPT bytes that it freed, where its malloc is glibc's."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT)
        libc.mallopt(M_MMAP_THRESHOLD, OWN)
