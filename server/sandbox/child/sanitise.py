"""Take out of a copy what runs, calls out or carries other files; what is read stays.

ISO 32000-2 12.6.4 lists the actions; those kept move within the document or name a
web address.
"""

from typing import Any

from server.sandbox.child.qpdf import pikepdf

_KEPT_ACTIONS = {"/GoTo", "/URI", "/Named", "/SetOCGState", "/Hide", "/Thread", "/Trans"}
_DROPPED_ANNOTATIONS = {
    "/FileAttachment",
    "/Sound",
    "/Movie",
    "/Screen",
    "/RichMedia",
    "/3D",
}
_ACTION_KEYS = ("/A", "/PA", "/OpenAction", "/Next")
_DEPTH = 24


def sanitise(pdf: Any) -> None:
    """Change `pdf` in place."""
    root = pdf.Root
    for key in ("/AA", "/AF", "/Collection", "/Threads"):
        _drop(root, key)
    if isinstance(root.get("/Names"), pikepdf.Dictionary):
        for key in ("/JavaScript", "/EmbeddedFiles", "/Renditions"):
            _drop(root.Names, key)
    if isinstance(root.get("/AcroForm"), pikepdf.Dictionary):
        _drop(root.AcroForm, "/XFA")
    for page in pdf.pages:
        _drop(page.obj, "/AA")
        _drop(page.obj, "/AF")
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, pikepdf.Array):
            kept = [a for a in annotations if not _is_dropped(a)]
            if len(kept) != len(annotations):
                page.obj.Annots = pdf.make_indirect(pikepdf.Array(kept))
    for entry in pdf.objects:
        _clean(entry, _DEPTH)


def _drop(dictionary: Any, key: str) -> None:
    if key in dictionary:
        del dictionary[key]


def _is_dropped(annotation: Any) -> bool:
    if not isinstance(annotation, pikepdf.Dictionary):
        return True
    subtype = str(annotation.get("/Subtype"))
    if subtype == "/Popup" and isinstance(annotation.get("/Parent"), pikepdf.Dictionary):
        # A popup left behind would keep its annotation, and the file attached to it, in the copy.
        subtype = str(annotation.Parent.get("/Subtype"))
    return subtype in _DROPPED_ANNOTATIONS


def _clean(entry: Any, depth: int) -> None:
    """Remove actions from a dictionary and the direct ones within it."""
    if depth == 0:
        return
    if isinstance(entry, pikepdf.Array):
        for child in entry:
            if not getattr(child, "is_indirect", False) and _is_container(child):
                _clean(child, depth - 1)
        return
    if not isinstance(entry, pikepdf.Dictionary | pikepdf.Stream):
        return
    _drop(entry, "/AA")
    for key in _ACTION_KEYS:
        if _is_unwanted_action(entry.get(key)):
            del entry[key]
    if "/JS" in entry:
        del entry["/JS"]
    for key in list(entry.keys()):
        child = entry.get(key)
        if _is_container(child) and not child.is_indirect:
            _clean(child, depth - 1)


def _is_container(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary | pikepdf.Array)


def _is_unwanted_action(value: Any) -> bool:
    if not isinstance(value, pikepdf.Dictionary):
        return False
    kind = value.get("/S")
    return kind is not None and str(kind) not in _KEPT_ACTIONS and not _is_outline(value)


def _is_outline(value: Any) -> bool:
    """/Next of an outline item is another item, not an action."""
    return "/Title" in value
