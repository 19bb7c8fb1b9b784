"""The annotations a file brought along, in the copy: kept in their layer, or taken out.

They are never written anew: what stays is the file's own object, with everything it says.
"""

from typing import Any

from server.sandbox.child.qpdf import pikepdf

Place = tuple[int, int]


class Originals:
    """The file's own annotations by their place, found before anything is changed."""

    def __init__(self, pdf: Any, places: list[Place]) -> None:
        self._pdf = pdf
        self._found: dict[Place, Any] = {}
        wanted: dict[int, list[int]] = {}
        for page, index in places:
            if 0 <= page < len(pdf.pages):
                wanted.setdefault(page, []).append(index)
        for page, indexes in wanted.items():
            listed = pdf.pages[page].obj.get("/Annots")
            if not isinstance(listed, pikepdf.Array):
                continue
            for index in indexes:
                if 0 <= index < len(listed) and isinstance(listed[index], pikepdf.Dictionary):
                    if not listed[index].is_indirect:
                        listed[index] = pdf.make_indirect(listed[index])
                    self._found[page, index] = listed[index]

    def put_in(self, place: Place, group: Any) -> bool:
        """Show an original with the layer `group`, unless it belongs to a group of its own; False
        where the copy has it no more."""
        original = self._found.get(place)
        if original is None:
            return False
        if "/OC" not in original:
            original.OC = group
        return True

    def take_out(self, kept: set[Place]) -> None:
        """Remove the originals that are not `kept`, with their popups, replies and states."""
        gone = {one.objgen for place, one in self._found.items() if place not in kept}
        pages = {page for page, index in self._found if (page, index) not in kept}
        for number in pages:
            page = self._pdf.pages[number]
            listed = page.obj.get("/Annots")
            if not isinstance(listed, pikepdf.Array):
                continue
            left = list(listed)
            while True:
                stay = [one for one in left if not _goes(one, gone)]
                if len(stay) == len(left):
                    break
                gone |= {one.objgen for one in left if one.is_indirect and _goes(one, gone)}
                left = stay
            page.obj.Annots = self._pdf.make_indirect(pikepdf.Array(left))


def _goes(annotation: Any, gone: set[Any]) -> bool:
    if not isinstance(annotation, pikepdf.Dictionary):
        return False
    ties = (annotation, annotation.get("/IRT"), annotation.get("/Parent"))
    return any(
        isinstance(one, pikepdf.Dictionary) and one.is_indirect and one.objgen in gone
        for one in ties
    )
