"""WebKit, the engine of iPads, by Debian's WebKitWebDriver and MiniBrowser (W3C WebDriver)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from tests.harness.server import free_port

BROWSERS = "/usr/lib/*-linux-gnu/webkit2gtk-4.*/MiniBrowser"
WAIT_S = 60.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""W3C WebDriver, "web element identifier"."""


def browser() -> str | None:
    """MiniBrowser's path, where it, its driver and a display are installed."""
    found = sorted(Path("/").glob(BROWSERS.lstrip("/")))
    ready = found and shutil.which("WebKitWebDriver") and shutil.which("Xvfb")
    return str(found[-1]) if ready else None


class WebKit:
    """One window; selectors are CSS."""

    def __init__(self, address: str, binary: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=WAIT_S)
        options = {"binary": binary, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        made = self._call("POST", "/session", {"capabilities": wanted})
        self.session = f"/session/{made['sessionId']}"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {value}")
        return value

    def go(self, address: str) -> None:
        """Open an address."""
        self._call("POST", self.session + "/url", {"url": address})

    def run(self, script: str, *given: Any) -> Any:
        """The value of a script's `return`."""
        body = {"script": script, "args": list(given)}
        return self._call("POST", self.session + "/execute/sync", body)

    def until(self, script: str, *given: Any) -> Any:
        """Wait until a script's value is true."""
        deadline = time.monotonic() + WAIT_S
        while not (value := self.run(script, *given)):
            if time.monotonic() > deadline:
                said = self.run("return document.body.innerText.slice(0, 600)")
                raise AssertionError(f"{script} {given} did not come; the page says:\n{said}")
            time.sleep(0.1)
        return value

    def click(self, selector: str, words: str = "") -> None:
        """Click the first element that fits and has these words, once it is there."""
        self.until(
            "const one = [...document.querySelectorAll(arguments[0])]"
            ".find((e) => e.textContent.includes(arguments[1])); one?.click(); return !!one",
            selector,
            words,
        )

    def draw(self, points: list[tuple[float, float]]) -> None:
        """One stroke with the pen, through the engine's own input."""
        moves = [
            {"type": "pointerMove", "duration": 8, "x": round(x), "y": round(y)} for x, y in points
        ]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:]]
        actions.append({"type": "pointerUp", "button": 0})
        pen = {"type": "pointer", "id": "pen", "parameters": {"pointerType": "mouse"}}
        self._call("POST", self.session + "/actions", {"actions": [{**pen, "actions": actions}]})

    def close(self) -> None:
        """End the window."""
        self._call("DELETE", self.session)
        self.http.close()


@contextmanager
def driver() -> Iterator[Callable[[], WebKit]]:
    """A display and a driver that opens windows."""
    binary = cast(str, browser())
    read, write = os.pipe()
    with tempfile.TemporaryDirectory() as home:
        screen = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24"]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        display = subprocess.Popen(screen, pass_fds=(write,), **quiet)
        number = os.read(read, 20).decode().strip()
        port = free_port()
        more = {
            "DISPLAY": f":{number}",
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
            "GDK_BACKEND": "x11",
        }
        command = ["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"]
        process = subprocess.Popen(command, env={**os.environ, **more}, **quiet)
        try:
            deadline = time.monotonic() + WAIT_S
            while time.monotonic() < deadline:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/status", timeout=2)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield lambda: WebKit(f"http://127.0.0.1:{port}", binary)
        finally:
            for one in (process, display):
                one.terminate()
                one.wait(10)
            os.close(read)
            os.close(write)
