"""The demo's papers: PDFs in the layout of NĐ 30/2020/NĐ-CP, written by this package.

Drawing needs PyMuPDF, which holds the GIL while it works: a server asks for a paper with
`paper_in_child` and never imports the modules that draw. Nothing here opens a foreign file.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import date, time
from pathlib import Path

from server.demo.province import Profile

KEYS: tuple[str, ...] = (
    # The eight of the session in session, those quickest to draw first.
    "giay-moi",
    "to-trinh-ngan-sach",
    "bao-cao-tham-tra",
    "du-thao-nghi-quyet",
    "bao-cao-khieu-nai",
    "bieu-so-lieu",
    "bao-cao-kinh-te-xa-hoi",
    "ra-soat-dat-dai",
    # Those of the other meetings.
    "thong-bao-ket-luan",
    "bien-ban",
    "giay-moi-giao-ban",
    "bao-cao-mua-lu",
    "giay-moi-chuyen-de",
    "ke-hoach-chuyen-doi-so",
)

# The slowest paper takes about two seconds on two shared cores; this is for a machine in trouble.
CHILD_SECONDS = 120


class PaperError(Exception):
    """A paper could not be drawn; the text says why."""


def paper_in_child(
    key: str, today: date, profile: Profile = Profile.TWO_TIER, starts: time = time(8)
) -> bytes:
    """Draw a paper in a process of its own and give its bytes (blocks; raises PaperError)."""
    if key not in KEYS:
        raise PaperError(f"no paper {key!r}")
    with tempfile.TemporaryDirectory(prefix="phonghop-demo-") as folder:
        output = Path(folder) / "paper.pdf"
        command = [
            sys.executable,
            "-m",
            "server.demo.papers",
            key,
            str(output),
            f"--today={today.isoformat()}",
            f"--profile={profile.value}",
            f"--starts={starts:%H:%M}",
        ]
        root = Path(__file__).parents[3]
        try:
            done = subprocess.run(  # noqa: S603 (our own module, a key from KEYS)
                command, cwd=root, capture_output=True, timeout=CHILD_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as late:
            raise PaperError(f"{key}: not drawn within {CHILD_SECONDS} s") from late
        if done.returncode:
            raise PaperError(f"{key}: {done.stderr.decode(errors='replace')[-2000:]}")
        return output.read_bytes()
