"""Making small models fast on a processor."""

import ctypes
import ctypes.util

import torch

# Numbers of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def prepare(threads: int) -> None:
    """Use so many threads, and keep freed memory for the next step.

    glibc hands large buffers back to the kernel as soon as they are free, and every step takes page
    faults to get them again: half of the time of a small model's step. Where there is no glibc,
    nothing is changed.
    """
    torch.set_num_threads(threads)
    library = ctypes.util.find_library("c")
    if library is None:
        return
    mallopt = getattr(ctypes.CDLL(library), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _NEVER)
