"""The least that telling a hall can cost: `send` on every socket, and nothing else.

Usage: python -m tests.benchmarks.annotations.peers.floor PORT
The payload of the first client's message is sent to all clients as it is.
"""

from __future__ import annotations

import socket
import sys

from tests.benchmarks.annotations.broadcast import CONNECTIONS

ANSWER = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def main() -> None:
    """Serve until the first client goes."""
    listening = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=CONNECTIONS)
    clients: list[socket.socket] = []
    while len(clients) < CONNECTIONS:
        made, _ = listening.accept()
        if made.recv(65536):
            made.sendall(ANSWER)
            clients.append(made)
    while message := clients[0].recv(65536):
        payload = message[8:]  # of a masked frame between 126 and 65,535 bytes
        for one in clients:
            one.send(payload)


if __name__ == "__main__":
    main()
