"""Remarks wrapped and paged; no word is lost."""

from hypothesis import given
from hypothesis import strategies as st

from annotations.pdf_drawing import wrap
from server.sandbox.child.remark_pages import Remark, draw_remarks


class Monospace:
    """A typeface of half ems."""

    def glyphs(self, text: str) -> str:
        return "".join(f"{ord(letter):04X}" for letter in text)

    def width(self, text: str) -> float:
        return 0.5 * len(text)


FACE = Monospace()


@given(st.text("abc \n", max_size=200), st.integers(20, 200))
def test_every_letter_is_kept_and_no_line_is_too_long(text: str, width: int) -> None:
    lines = list(wrap(text, width, 10, FACE))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(FACE.width(line) * 10 <= width for line in lines)


def test_lines_flow_over_pages() -> None:
    pages = draw_remarks([Remark(1, "iv", "Lê Ấn", "a\n" * 100)], FACE)
    assert len(pages) == 3
    assert FACE.glyphs("1.  [iv] · Lê Ấn").encode() in pages[0]
    assert draw_remarks([], FACE) == []
