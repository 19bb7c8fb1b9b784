"""Put marks into a PDF, as annotations or into the page's own drawing (flattened)."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from annotations.model import Annotation
from annotations.pdf import Appearance, PdfMark, to_pdf
from annotations.pdf_drawing import PageFrame
from annotations.pdf_values import PdfName, PdfValue
from server.sandbox.child.originals import Originals, Place
from server.sandbox.child.page_frame import page_frame
from server.sandbox.child.qpdf import pikepdf
from server.sandbox.child.remark_pages import PAGE_SIZE, Remark, draw_remarks
from server.sandbox.child.request import ExportRequest
from server.sandbox.child.typeface import EmbeddedFont, font_document


def to_object(value: PdfValue) -> Any:
    """A pikepdf object from a plain value of `annotations.pdf`."""
    if isinstance(value, PdfName):
        return pikepdf.Name("/" + value)
    if isinstance(value, str):
        return pikepdf.String(value)
    if isinstance(value, list):
        return pikepdf.Array([to_object(part) for part in value])
    if isinstance(value, dict):
        return pikepdf.Dictionary({f"/{key}": to_object(part) for key, part in value.items()})
    return value


def original_of(mark: Annotation) -> Place | None:
    """Where the file itself has this mark, if it came with the file."""
    index = (mark.foreign_props or {}).get("index")
    return (mark.page, index) if type(index) is int else None


class MarkWriter:
    """Writes the marks of one export. `written` and `skipped` count them."""

    def __init__(self, pdf: Any, request: ExportRequest, originals: Originals) -> None:
        self._pdf = pdf
        self._request = request
        self._originals = originals
        self._face = EmbeddedFont()
        self._font: Any = None
        self._groups: dict[str, Any] = {}
        self._remarks: list[Remark] = []
        self.written = 0
        self.skipped = request.unreadable

    def write(self) -> None:
        flattened = self._request.mode == "flattened"
        by_page: dict[int, list[tuple[str, PdfMark]]] = {}
        for layer, made in self._made(self._new_marks(flattened=flattened), drawn_in=flattened):
            by_page.setdefault(made.page, []).append((layer, made))
        for index, marks in sorted(by_page.items()):
            page = self._pdf.pages[index]
            if flattened:
                self._draw_into(page, [made for _, made in marks])
            else:
                self._annotate(page, marks)
        for content in draw_remarks(self._remarks, self._face):
            page = self._pdf.add_blank_page(page_size=PAGE_SIZE)
            page.obj.Resources = pikepdf.Dictionary(
                Font=pikepdf.Dictionary(F=self._embedded_font())
            )
            page.obj.Contents = self._pdf.make_stream(content)

    def as_pdf_marks(self) -> list[PdfMark]:
        """All marks as annotations of their own, those the file brought along too; the copy stays
        as it is."""
        in_order = sorted(self._request.marks, key=lambda pair: pair[1].page)
        return [made for _, made in self._made(in_order, drawn_in=False)]

    def _made(
        self, marks: Iterable[tuple[str, Annotation]], *, drawn_in: bool
    ) -> Iterator[tuple[str, PdfMark]]:
        """Each mark as an annotation on its page; those that cannot be one are counted."""
        frames: dict[int, PageFrame] = {}
        for layer, mark in marks:
            if not 0 <= mark.page < len(self._pdf.pages):
                self.skipped += 1
                continue
            if mark.page not in frames:
                frames[mark.page] = page_frame(self._pdf.pages[mark.page])
            made = self._make(mark, frames[mark.page], drawn_in=drawn_in)
            if made is None:
                self.skipped += 1
                continue
            self.written += 1
            yield layer, made

    def _new_marks(self, *, flattened: bool) -> list[tuple[str, Annotation]]:
        """The marks to write, by page. Of those the file brought along the file's own stay where
        they are; those that nobody asked for, or that are drawn in, leave it."""
        new, kept = [], set[Place]()
        for layer, mark in self._request.marks:
            place = original_of(mark)
            if flattened or place is None:
                new.append((layer, mark))
            elif not self._originals.put_in(place, self._group(layer)):
                # Only its words were read; what says them was never taken out.
                self.skipped += 1
            else:
                kept.add(place)
                self.written += 1
        self._originals.take_out(kept)
        return sorted(new, key=lambda pair: pair[1].page)

    def _make(self, mark: Annotation, frame: PageFrame, *, drawn_in: bool) -> PdfMark | None:
        """The mark on its page, or None where its values are none a mark may have."""
        by = (mark.foreign_props or {}).get("by")
        author = by if isinstance(by, str) else self._request.authors.get(mark.author, "")
        numbered = drawn_in and bool(mark.body) and mark.kind != "free_text"
        number = len(self._remarks) + 1 if numbered else None
        try:
            made = to_pdf(mark, author, frame, self._face, drawn_in=drawn_in, number=number)
        except (KeyError, TypeError, ValueError, IndexError):
            return None
        if number is not None:
            label = str(self._pdf.pages[mark.page].label)
            self._remarks.append(Remark(number, label, author, mark.body))
        return made

    def _annotate(self, page: Any, marks: list[tuple[str, PdfMark]]) -> None:
        objects: dict[str, Any] = {}
        added: list[Any] = []
        for layer, made in marks:
            entry = to_object(made.entries)
            entry.P = page.obj
            entry.OC = self._group(layer)
            entry.AP = pikepdf.Dictionary(N=self._form(made.appearance))
            annotation = self._pdf.make_indirect(entry)
            objects[made.id] = annotation
            added.append(annotation)
            if made.state is not None:
                state = to_object(made.state)
                state.P, state.OC, state.IRT = page.obj, self._group(layer), annotation
                added.append(self._pdf.make_indirect(state))
            if made.popup is not None:
                popup = pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Popup,
                    Rect=to_object(made.popup),
                    Parent=annotation,
                    Open=False,
                )
                annotation.Popup = self._pdf.make_indirect(popup)
                added.append(annotation.Popup)
        for _, made in marks:
            parent = objects.get(made.reply_to or "")
            if parent is not None:
                objects[made.id].IRT = parent
            elif "/RT" in objects[made.id]:
                del objects[made.id].RT
        present = page.obj.get("/Annots")
        kept = list(present) if isinstance(present, pikepdf.Array) else []
        page.obj.Annots = self._pdf.make_indirect(pikepdf.Array([*kept, *added]))

    def _draw_into(self, page: Any, marks: Iterable[PdfMark]) -> None:
        resources = own_resources(page)
        forms = pikepdf.Dictionary(dict(_dictionary(resources.get("/XObject")).items()))
        resources.XObject = forms
        drawn = []
        for number, made in enumerate(marks):
            name = f"/PhongHop{number}"
            while name in forms:
                name += "x"
            forms[name] = self._form(made.appearance)
            x0, y0 = made.appearance.box[:2]
            drawn.append(f"q 1 0 0 1 {x0:g} {y0:g} cm {name} Do Q\n".encode())
        page.contents_add(b"q\n", prepend=True)
        page.contents_add(b"\nQ\n" + b"".join(drawn))

    def _form(self, look: Appearance) -> Any:
        state = pikepdf.Dictionary(CA=look.opacity, ca=look.opacity)
        if look.multiply:
            state.BM = pikepdf.Name.Multiply
        resources = pikepdf.Dictionary(ExtGState=pikepdf.Dictionary(G=state))
        if look.has_text:
            resources.Font = pikepdf.Dictionary(F=self._embedded_font())
        # A box at the origin: MuPDF loses an upright icon of a turned page otherwise.
        x0, y0, x1, y1 = look.box
        return self._pdf.make_stream(
            f"/G gs\n1 0 0 1 {-x0:g} {-y0:g} cm\n".encode() + look.content,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=to_object([0, 0, round(x1 - x0, 3), round(y1 - y0, 3)]),
            Resources=resources,
        )

    def _embedded_font(self) -> Any:
        if self._font is None:
            with pikepdf.open(io.BytesIO(font_document())) as source:
                font = source.pages[0].obj.Resources.Font.F
                self._font = self._pdf.copy_foreign(source.make_indirect(font))
        return self._font

    def _group(self, layer: str) -> Any:
        """The optional-content group of a layer, shown when the file is opened."""
        if layer not in self._groups:
            name = self._request.layers.get(layer, layer)
            group = pikepdf.Dictionary(
                Type=pikepdf.Name.OCG, Name=pikepdf.String(name), Intent=pikepdf.Name.View
            )
            self._groups[layer] = self._pdf.make_indirect(group)
            register_group(self._pdf, self._groups[layer])
        return self._groups[layer]


def _dictionary(value: Any) -> Any:
    return value if isinstance(value, pikepdf.Dictionary) else pikepdf.Dictionary()


def own_resources(page: Any) -> Any:
    """The page's resources as a dictionary of its own: the original may be shared by others."""
    node, inherited = page.obj, None
    for _ in range(64):
        inherited = node.get("/Resources")
        if inherited is not None or "/Parent" not in node:
            break
        node = node.Parent
    page.obj.Resources = pikepdf.Dictionary(dict(_dictionary(inherited).items()))
    return page.obj.Resources


def register_group(pdf: Any, group: Any) -> None:
    """Name the group in the document's optional-content properties (ISO 32000-2 8.11.4)."""
    properties = pdf.Root.get("/OCProperties")
    if not isinstance(properties, pikepdf.Dictionary):
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[], D=pikepdf.Dictionary())
        properties = pdf.Root.OCProperties
    default = properties.get("/D")
    if not isinstance(default, pikepdf.Dictionary):
        properties.D = pikepdf.Dictionary()
        default = properties.D
    for holder, key in ((properties, "/OCGs"), (default, "/Order"), (default, "/ON")):
        present = holder.get(key)
        kept = list(present) if isinstance(present, pikepdf.Array) else []
        holder[key] = pikepdf.Array([*kept, group])
