"""Why a document is refused, and why the sandbox cannot work: codes, never words for people.

SandboxError
├── SandboxUnavailable   no rung of the ladder holds on this machine
├── SandboxBusy          too many requests wait for one document
└── DocumentRefused      this document, with one of RefusalCode
"""

from typing import Literal, get_args

RefusalCode = Literal[
    "not_a_pdf",
    "not_xfdf",
    "disguised",
    "encrypted",
    "damaged",
    "empty_file",
    "too_large",
    "too_many_pages",
    "page_too_large",
    "too_complex",
    "crashed",
    "timed_out",
]
REFUSAL_CODES: frozenset[str] = frozenset(get_args(RefusalCode))


class SandboxError(Exception):
    """Something the sandbox says about itself or about a document; `code` is for the client."""

    code: str = "sandbox_error"


class SandboxUnavailable(SandboxError):
    """No rung holds here. `reason` is for the operator's log, one line per rung."""

    code = "sandbox_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SandboxBusy(SandboxError):
    """More requests wait for one document, or for room for one, than `SandboxLimits.warm_queue`."""

    code = "sandbox_busy"


class DocumentRefused(SandboxError):
    """The document was not taken; nothing of it was kept.

    `detail` is for logs only: it may quote the foreign file.
    """

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: RefusalCode = code
        self.detail = detail[:500]
