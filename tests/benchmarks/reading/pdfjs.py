"""pdf.js as it comes, showing the first page of a file: the peer of our page view.

It has it easier than we do: page, library and file come from a plain file server without sign-in
or rights, it draws no text layer, and its own viewer around the page is left out.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser

from tests.benchmarks.reading.chromium import ROOT, slow_down, tablet

LIBRARY = ROOT / "client_web/node_modules/pdfjs-dist/build"
PAGE = """<!doctype html><meta charset="utf-8"><title>pdf.js</title><canvas></canvas>
<script type="module">
  let worker;
  window.load_ = async () => {
    const pdfjs = await import('/pdf.min.mjs');
    pdfjs.GlobalWorkerOptions.workerSrc = '/pdf.worker.min.mjs';
    worker ??= new pdfjs.PDFWorker();
    return pdfjs;
  };
  window.open_ = async ([width, number]) => {
    const began = performance.now();
    const pdfjs = await window.load_();
    const pdf = await pdfjs.getDocument({ url: '/file.pdf', worker }).promise;
    const page = await pdf.getPage(number);
    const scale = (width * devicePixelRatio) / page.getViewport({ scale: 1 }).width;
    const viewport = page.getViewport({ scale });
    const canvas = document.querySelector('canvas');
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    canvas.style.width = width + 'px';
    await page.render({ canvas, viewport }).promise;
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
  };
  window.warm_ = async () => { await window.load_(); await worker.promise; };
</script>"""


def version() -> str:
    """Of the pdf.js that the client would use offline."""
    package = json.loads((LIBRARY.parent / "package.json").read_text())
    return str(package["version"])


@contextlib.contextmanager
def served(pdf: bytes) -> Iterator[str]:
    """pdf.js, a bare page and the file on a port of their own; gives the address."""
    files = {
        "/": (PAGE.encode(), "text/html"),
        "/file.pdf": (pdf, "application/pdf"),
        **{
            f"/{name}": ((LIBRARY / name).read_bytes(), "text/javascript")
            for name in ("pdf.min.mjs", "pdf.worker.min.mjs")
        },
    }

    class Files(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, kind = files.get(self.path, (b"", "text/plain"))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def first_page_ms(
    browser: Browser, address: str, width: int, slowdown: int, *, loaded: bool, number: int = 1
) -> float:
    """From the tap to the frame after page `number` is drawn, `width` CSS px wide.

    With `loaded`, pdf.js and its worker are there before; else the tap loads them too.
    """
    context = tablet(browser)
    page = context.new_page()
    page.goto(address)
    if loaded:
        page.evaluate("window.warm_()")
    session = slow_down(page, slowdown)
    ms = float(page.evaluate("(what) => window.open_(what)", [width, number]))
    session.detach()
    context.close()
    return ms
