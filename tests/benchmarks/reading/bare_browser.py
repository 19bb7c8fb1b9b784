"""A Chromium that nobody inspects: driven by a few commands of its debugging protocol.

Playwright listens to the network of every page, and a browser whose network is listened to keeps
the bodies of all answers for its inspector (up to 100 MB in the page's own process). No tablet has
an inspector, so what a page holds is measured without.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.benchmarks.reading.chromium import ARGUMENTS, CHROMIUM, WINDOWS, put_first

START_WITHIN_S = 60.0
STEP_WITHIN_S = 60.0


@dataclass
class BareBrowser:
    """One page in a profile of its own."""

    socket: ClientConnection
    #: Device px a CSS px.
    density: float = 1
    session: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def command(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """One command of the protocol. Raises RuntimeError when the browser refuses it."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps({**message, **({"sessionId": session} if session else {})}))
        while True:
            answer = json.loads(self.socket.recv(STEP_WITHIN_S))
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    def open_page(self) -> None:
        """The page that all else is about."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        window = WINDOWS[self.density]
        metrics = {**window, "deviceScaleFactor": self.density, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", self.session, **metrics)
        self.command("Emulation.setTouchEmulationEnabled", self.session, enabled=True)

    def go(self, address: str) -> None:
        """Leads the page to an address."""
        self.command("Page.navigate", self.session, url=address)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page, awaited."""
        how = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self.command("Runtime.evaluate", self.session, **how)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, selector: str) -> None:
        """Until the page has such an element."""
        deadline = time.monotonic() + STEP_WITHIN_S
        while not self.evaluate(f"document.querySelector({json.dumps(selector)}) !== null"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{selector} did not come")
            time.sleep(0.05)

    def collect_garbage(self) -> None:
        """As the browser would some time later."""
        self.command("HeapProfiler.collectGarbage", self.session)

    def memory_mb(self) -> dict[str, float]:
        """Of the renderer that holds most, MB: its own, resident, proportional."""
        largest: dict[str, float] = {"rss": 0.0}
        for process in self.command("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] != "renderer":
                continue
            lines = Path(f"/proc/{process['id']}/smaps_rollup").read_text().splitlines()[1:]
            kb = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
            if kb["Rss"] / 1024 > largest["rss"]:
                largest = {
                    "own": (kb["Rss"] - kb["Shared_Clean"]) / 1024,
                    "rss": kb["Rss"] / 1024,
                    "pss": kb["Pss"] / 1024,
                }
        return largest


@contextlib.contextmanager
def bare_browser(density: float = 1) -> Iterator[BareBrowser]:
    """A browser with one page, ended with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        places = [f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
        process = subprocess.Popen(
            [CHROMIUM, *ARGUMENTS, "--headless", *places],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            put_first(process.pid)
            with connect(_address(Path(profile) / "DevToolsActivePort"), max_size=None) as socket:
                browser = BareBrowser(socket, density)
                browser.open_page()
                yield browser
                browser.command("Browser.close")
        finally:
            process.terminate()
            process.wait()


def _address(note: Path) -> str:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if note.exists() and len(lines := note.read_text().split()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise RuntimeError("Chromium did not start")
