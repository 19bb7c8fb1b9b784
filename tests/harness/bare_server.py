"""The server on a machine where no sandbox holds: every attempt to get out succeeds."""

from __future__ import annotations

from server import cli
from server.sandbox import ladder
from server.sandbox.limits import SandboxLimits


async def everything_gets_out(
    rung: str, limits: SandboxLimits
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """What the probe's child would report here."""
    return {"read_host_file": "the canary", "reached_port": "connected"}, ()


if __name__ == "__main__":
    ladder.run_escape_attempts = everything_gets_out
    cli.main()
