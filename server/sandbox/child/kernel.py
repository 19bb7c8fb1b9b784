"""The few kernel calls of the lockdown that Python's standard library does not offer."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.mount.argtypes = [
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
]
_libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
_libc.unshare.argtypes = [ctypes.c_int]
_libc.syscall.restype = ctypes.c_long


def libc_call(result: int) -> int:
    """`result`, or the `OSError` it stands for."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def libc_prctl(option: int, a: int, b: int = 0, c: int = 0, d: int = 0) -> int:
    return int(_libc.prctl(option, a, b, c, d))


def libc_syscall(number: int, *arguments: int) -> int:
    return int(_libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments)))


def unshare(flags: int) -> None:
    libc_call(_libc.unshare(flags))


def mount(source: bytes, target: bytes, kind: bytes | None, flags: int, data: bytes | None) -> None:
    libc_call(_libc.mount(source, target, kind, flags, data))


def unmount_detached(target: bytes) -> None:
    libc_call(_libc.umount2(target, 2))
