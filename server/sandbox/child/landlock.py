"""Landlock with no rule at all: no file can be opened, made or changed, no TCP port reached.

Source: Documentation/userspace-api/landlock.rst (ABI 1: files, 4: TCP, 5: device ioctl, 6: scopes).
"""

import ctypes
import os

from server.sandbox.child.kernel import libc_call, libc_syscall

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_FLAG = 1


class _RulesetAttr(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def landlock_version() -> int:
    """The kernel's Landlock ABI, 0 where there is none."""
    return max(0, libc_syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG))


def restrict_files_and_ports() -> int:
    """Forbid every access this kernel's Landlock knows; needs no_new_privs. Returns the ABI."""
    version = libc_call(libc_syscall(_CREATE_RULESET, 0, 0, _VERSION_FLAG))
    file_rights = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    attr = _RulesetAttr((1 << file_rights) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc_call(libc_syscall(_CREATE_RULESET, ctypes.addressof(attr), size, 0))
    libc_call(libc_syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)
    return version
