"""Serving the built client: hashed assets for ever, the shell and the service worker never."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from server.errors import NotFound
from server.http.problems import problem

FOR_EVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"


def _file(root: Path, path: str) -> Path | None:
    """The file of this name below `root`; names no file can have (NUL, too long) name none."""
    try:
        wanted = (root / path).resolve()
        return wanted if wanted.is_relative_to(root) and wanted.is_file() else None
    except (OSError, ValueError):
        return None


def client_routes(folder: Path) -> list[BaseRoute]:
    """Files of the client by name; any other path that is no API is the app's shell."""
    root = folder.resolve()

    async def serve(request: Request) -> Response:
        path = request.scope["path"].lstrip("/")
        if path.startswith(("api/", "live")):
            return problem(NotFound())
        wanted = _file(root, path)
        if wanted is not None:
            lasting = path.startswith("assets/")
            headers = {"Cache-Control": FOR_EVER if lasting else ALWAYS_ASK}
            return FileResponse(wanted, headers=headers)
        shell = root / "index.html"
        if "." in path.rsplit("/", 1)[-1] or not shell.is_file():
            return PlainTextResponse("not found", status_code=404)
        return FileResponse(shell, headers={"Cache-Control": ALWAYS_ASK})

    return [Route("/{path:path}", serve, methods=["GET", "HEAD"])]
