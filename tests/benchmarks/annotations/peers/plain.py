"""The plain way to tell a hall: Starlette and uvicorn, one `send_text` per socket.

Usage: python -m tests.benchmarks.annotations.peers.plain PORT
What one client sends goes to all clients.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

CLIENTS: set[WebSocket] = set()


async def live(socket: WebSocket) -> None:
    """One client."""
    await socket.accept()
    CLIENTS.add(socket)
    try:
        while True:
            text = await socket.receive_text()
            for one in tuple(CLIENTS):
                await one.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        CLIENTS.discard(socket)


def main() -> None:
    """Serve until stopped; the same settings as ours, where there is one."""
    uvicorn.run(
        Starlette(routes=[WebSocketRoute("/live", live)]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
