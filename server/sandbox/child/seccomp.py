"""A seccomp filter that leaves a process its memory, its open descriptors and its clock.

An allow list: after it is set there is no open, socket, connect, execve, clone, ptrace or kill, and
no memory can become executable. What is not listed fails with EPERM, so that a library that only
asks falls back. Built by hand because the child must not need another package.
Source: linux/seccomp.h, linux/bpf_common.h, Documentation/userspace-api/seccomp_filter.rst.
"""

import ctypes
import errno
import platform
import struct

from server.sandbox.child.kernel import libc_call, libc_prctl

_LD_ABS = 0x20
_JEQ = 0x15
_JGE = 0x35
_JSET = 0x45
_RET = 0x06
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000 | errno.EPERM
_KILL = 0x80000000
_NR, _ARCH, _ARG0, _ARG2 = 0, 4, 16, 32
_PROT_EXEC = 4
_X32_BIT = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

# name -> (x86_64, aarch64); source: the kernel's syscall tables.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "poll": (7, None),
    "ppoll": (271, 73),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "times": (100, 153),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "rseq": (334, 293),
}
# Allowed for themselves only / without PROT_EXEC.
_PRLIMIT = (302, 261)
_MMAP = (9, 222)
_MPROTECT = (10, 226)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def _instruction(code: int, k: int, jt: int = 0, jf: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jt, jf, k)


def build_filter(machine: str) -> bytes:
    """The BPF program for `x86_64` or `aarch64`; `OSError(ENOTSUP)` for any other machine."""
    if machine not in _MACHINES:
        raise OSError(errno.ENOTSUP, f"no seccomp table for {machine}")
    column, arch = _MACHINES[machine]
    allow, deny = _instruction(_RET, _ALLOW), _instruction(_RET, _ERRNO)
    program = [
        _instruction(_LD_ABS, _ARCH),
        _instruction(_JEQ, arch, 1, 0),
        _instruction(_RET, _KILL),
        _instruction(_LD_ABS, _NR),
        _instruction(_JGE, _X32_BIT, 0, 1),
        deny,
    ]
    for numbers in _ALLOWED.values():
        number = numbers[column]
        if number is not None:
            program += [_instruction(_JEQ, number, 0, 1), allow]
    for number in (_MMAP[column], _MPROTECT[column]):
        program += [
            _instruction(_JEQ, number, 0, 4),
            _instruction(_LD_ABS, _ARG2),
            _instruction(_JSET, _PROT_EXEC, 0, 1),
            deny,
            allow,
        ]
    program += [
        _instruction(_JEQ, _PRLIMIT[column], 0, 4),
        _instruction(_LD_ABS, _ARG0),
        _instruction(_JEQ, 0, 0, 1),
        allow,
        deny,
        deny,
    ]
    return b"".join(program)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def set_filter() -> None:
    """Apply the filter to this process for good; needs no_new_privs. `OSError` where it cannot."""
    code = build_filter(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    libc_call(libc_prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program), 0, 0))
