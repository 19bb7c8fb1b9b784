"""Make sure this machine has what the tests drive: a real Chromium and Debian's PDF tools.

Installs them with apt-get where that is allowed; otherwise one clear sentence says what is
missing, and the run fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {
    "chromium": "chromium",
    "pdfinfo": "poppler-utils",
    "bwrap": "bubblewrap",
}
"""Program → Debian package."""
FOR_PROOF = {"WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
"""The engine of iPads and a screen for it: for `make proof` alone, some 60 MB."""
SYSTEM_PYTHON = "/usr/bin/python3"
POPPLER = ("python3-gi", "gir1.2-poppler-0.18")
"""Poppler as a judge of exported PDFs, for Debian's own Python."""


def missing(proof: bool = False) -> list[str]:
    """Debian packages whose program is not on the path."""
    needed = NEEDED | (FOR_PROOF if proof else {})
    packages = [package for program, package in needed.items() if shutil.which(program) is None]
    return packages if _has_poppler() else [*packages, *POPPLER]


def _has_poppler() -> bool:
    code = "import gi; gi.require_version('Poppler', '0.18'); from gi.repository import Poppler"
    if not Path(SYSTEM_PYTHON).exists():
        return False
    asked = subprocess.run([SYSTEM_PYTHON, "-c", code], capture_output=True, check=False)
    return asked.returncode == 0


def main() -> int:
    """Install what is missing, or say what to install."""
    proof = "proof" in sys.argv[1:]
    packages = missing(proof)
    if not packages:
        return 0
    names = " ".join(packages)
    apt = shutil.which("apt-get")
    if apt is not None and os.geteuid() == 0:
        print(f"── installing {names} with apt-get")
        quiet = {
            "stdout": subprocess.DEVNULL,
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run([apt, "update", "-qq"], check=False, **quiet)
        subprocess.run([apt, "install", "-y", "-qq", *packages], check=False, **quiet)
    left = missing(proof)
    if left:
        print(f"The tests need {' '.join(left)}: install with `apt-get install {' '.join(left)}`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
