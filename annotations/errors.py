"""The errors of this domain. Words for people live in the client; here are codes only."""

from __future__ import annotations


class AnnotationError(ValueError):
    """A message or a record that cannot be accepted as it is.

    `code` is one of the codes listed in docs/wire-annotations.md ("Codes of a refusal"),
    `field` the path of the offending field inside the operation ("geometry.rect"), and
    `index` the place of the operation in its push, once that is known.
    """

    def __init__(self, code: str, field: str = "", index: int | None = None) -> None:
        super().__init__(f"{code}: {field}" if field else code)
        self.code = code
        self.field = field
        self.index = index


class XfdfError(ValueError):
    """A file that is not taken as XFDF: `too_large`, `bad_xml` or `not_xfdf`. Never on the wire."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
