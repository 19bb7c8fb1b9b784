"""How the child gives up everything it does not need, before it reads the first foreign byte.

Order matters: libraries are loaded and warmed first (nothing can be opened afterwards), then
namespaces and an empty root, then Landlock, then seccomp, which forbids all further changes.
"""

import contextlib
import ctypes
import os
import resource
import struct
from typing import Literal

from server.sandbox.child import kernel, landlock, seccomp
from server.sandbox.limits import SandboxLimits

Rung = Literal["bubblewrap", "namespaces", "landlock", "none"]

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x40000000,
)  # fmt: skip
_MS_PRIVATE_REC = 0x44000
_MS_EMPTY_ROOT = 0x1 | 0x2 | 0x4 | 0x8  # read-only, nosuid, nodev, noexec
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAP_VERSION_3 = 0x20080522
_NOBODY = 65534


def enter_namespaces() -> None:
    """New user, network, mount, IPC and UTS namespaces; must run before any thread exists."""
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(_NEWUSER | _NEWNET | _NEWNS | _NEWIPC | _NEWUTS)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"0 {uid} 1"),
        ("gid_map", f"0 {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def leave_host_files() -> None:
    """Make an empty read-only tmpfs the root of this mount namespace."""
    kernel.mount(b"none", b"/", None, _MS_PRIVATE_REC, None)
    kernel.mount(b"none", b"/tmp", b"tmpfs", _MS_EMPTY_ROOT, b"size=4k")
    os.chdir("/tmp")  # noqa: S108
    here = ctypes.create_string_buffer(b".")
    at = ctypes.addressof(here)
    kernel.libc_call(kernel.libc_syscall(_SYS_PIVOT_ROOT[os.uname().machine], at, at))
    kernel.unmount_detached(b".")
    os.chdir("/")


def drop_privileges(rung: Rung) -> None:
    """No identity of root, no capability, no way to gain one."""
    if rung in ("landlock", "none") and os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    with contextlib.suppress(OSError):
        for capability in range(64):
            kernel.libc_call(kernel.libc_prctl(_PR_CAPBSET_DROP, capability))
    head = ctypes.create_string_buffer(struct.pack("=Ii", _CAP_VERSION_3, 0), 8)
    data = ctypes.create_string_buffer(24)
    kernel.libc_call(
        kernel.libc_syscall(
            _SYS_CAPSET[os.uname().machine], ctypes.addressof(head), ctypes.addressof(data)
        )
    )
    kernel.libc_call(kernel.libc_prctl(_PR_SET_NO_NEW_PRIVS, 1))
    kernel.libc_prctl(_PR_SET_DUMPABLE, 0)


def bound_resources(limits: SandboxLimits, file_bytes: int) -> None:
    """Hard limits; only CPU keeps a soft one, which each page moves on (`grant_cpu`)."""
    # The document is held once as bytes and once in MuPDF's buffers at worst.
    memory = limits.memory_bytes + 2 * file_bytes
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.total_cpu_s, limits.total_cpu_s + 1))


def grant_cpu(seconds: int, total: int) -> None:
    """Let this process use `seconds` more of CPU before SIGXCPU ends it, never above `total`."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    now = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (min(now + seconds, total), total + 1))


def lock_down(rung: Rung, limits: SandboxLimits, file_bytes: int) -> list[str]:
    """Give everything up; returns the names of the walls that stand. `OSError` where the rung's
    own walls cannot be built; walls beyond the rung are taken where the kernel has them."""
    walls = ["rlimits"]
    if rung == "bubblewrap":
        walls.append("bubblewrap")
    elif rung == "namespaces":
        leave_host_files()
        walls.append("namespaces")
    bound_resources(limits, file_bytes)
    try:
        drop_privileges(rung)
        walls.append("no_new_privs")
    except OSError:
        if rung != "none":
            raise
    needed = rung == "landlock"
    try:
        landlock.restrict_files_and_ports()
        walls.append("landlock")
    except OSError:
        if needed:
            raise
    try:
        seccomp.set_filter()
        walls.append("seccomp")
    except OSError:
        if needed:
            raise
    return walls
