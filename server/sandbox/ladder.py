"""Choose the highest rung of the ladder that really holds on this machine.

    bubblewrap → own user and network namespaces → Landlock + seccomp → (none)

A rung is not believed: a child is started on it and tries to get out. Every rung also takes
rlimits, a cleared environment and whatever else of Landlock and seccomp the kernel offers.
"""

import asyncio
import contextlib
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

from server.sandbox.launch import start_process, warm_template
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import SandboxError, SandboxUnavailable
from server.sandbox.templates import stop_template

LADDER = ("bubblewrap", "namespaces", "landlock")


@dataclasses.dataclass(frozen=True, slots=True)
class Sandbox:
    """What the probe found. `rung` is None where nothing holds; jobs then raise
    `SandboxUnavailable`, and the rest of the server works on."""

    limits: SandboxLimits
    rung: str | None
    walls: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    """Rungs above the chosen one, each with the reason why it does not hold."""

    def use_rung(self) -> str:
        if self.rung is None:
            raise SandboxUnavailable(self.explain())
        return self.rung

    def explain(self) -> str:
        """For the log and the operator: the rung, its walls, and why the higher ones failed."""
        lines = [f"{rung}: {reason}" for rung, reason in self.refused]
        chosen = f"sandbox rung: {self.rung or 'unavailable'}"
        if self.walls:
            chosen += f" ({', '.join(self.walls)})"
        return "; ".join([chosen, *lines])


async def choose_sandbox(
    limits: SandboxLimits | None = None,
    *,
    allow_unsandboxed: bool = False,
    ladder: Sequence[str] = LADDER,
) -> Sandbox:
    """Probe the rungs from the top. Never raises: see `Sandbox.rung`."""
    limits = limits or SandboxLimits()
    refused: list[tuple[str, str]] = []
    for rung in ladder:
        try:
            walls = await probe_rung(rung, limits)
        except SandboxError as error:
            refused.append((rung, str(error)))
            stop_template(rung)
        else:
            warm_template(rung)
            return Sandbox(limits, rung, walls, tuple(refused))
    if allow_unsandboxed:
        return Sandbox(limits, "none", ("rlimits",), tuple(refused))
    return Sandbox(limits, None, (), tuple(refused))


async def probe_rung(rung: str, limits: SandboxLimits) -> tuple[str, ...]:
    """The walls of `rung`; `SandboxUnavailable` naming each attempt that got through."""
    outcome, walls = await run_escape_attempts(rung, limits)
    holes = sorted(name for name, result in outcome.items() if result is not None)
    if holes:
        raise SandboxUnavailable(f"{rung} does not stop: {', '.join(holes)}")
    return walls


def _put_canary(folder: Path) -> Path:
    """A file anybody on this machine may read and write, in a folder open to all."""
    folder.chmod(0o777)
    canary = folder / "canary"
    canary.write_text("canary")
    canary.chmod(0o666)
    return canary


def _what_changed(canary: Path) -> str | None:
    untouched = canary.read_text() == "canary" and list(canary.parent.iterdir()) == [canary]
    return None if untouched else "files changed"


async def run_escape_attempts(
    rung: str, limits: SandboxLimits
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Let a child on `rung` try to reach a port and a file of ours; what it managed, its walls."""
    async with contextlib.AsyncExitStack() as stack:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        await stack.enter_async_context(server)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="phonghop-probe-"))
        canary = _put_canary(Path(folder))
        port = server.sockets[0].getsockname()[1]
        child = await start_process(
            rung, "probe", limits, extra={"canary": str(canary), "port": port}
        )
        try:
            header, _ = await child.receive(limits.start_wall_s)
        finally:
            await child.end()
        outcome = header.get("outcome")
        if not isinstance(outcome, dict) or not outcome:
            raise SandboxUnavailable(f"{rung}: the probe gave no answer")
        result = {str(name): None if r is None else str(r) for name, r in outcome.items()}
        result["changed_host"] = _what_changed(canary)
        return result, child.walls
