"""XFDF out and in: what we write is read again; what others write too; hostile XML is refused."""

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.errors import XfdfError
from annotations.imported import ImportedMark
from annotations.limits import MAX_XFDF_BYTES
from annotations.model import KINDS, Annotation
from annotations.pdf import to_pdf
from annotations.pdf_drawing import PageFrame
from annotations.pdf_import import PagePlace, import_marks
from annotations.xfdf import NAMESPACE, OURS, write_xfdf
from annotations.xfdf_read import read_xfdf
from tests.unit.annotations.test_pdf import FRAME, Monospace, annotation

HEAD = f'<xfdf xmlns="{NAMESPACE}"><annots>'
TAIL = "</annots></xfdf>"


def written(*marks: Annotation, frame: PageFrame = FRAME) -> bytes:
    made = [to_pdf(mark, "Lê Ấn", frame, Monospace()) for mark in marks]
    return write_xfdf(made, "Báo cáo <1>.pdf")


def read(data: bytes | str, frame: PageFrame = FRAME) -> list[ImportedMark]:
    raws = iter(read_xfdf(data.encode() if isinstance(data, str) else data))
    return import_marks(raws, {3: PagePlace(frame)}, Monospace()).marks


def one(xml: str) -> ImportedMark:
    (mark,) = read(HEAD + xml + TAIL)
    return mark


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_comes_back(kind: str) -> None:
    body = "" if kind == "stamp" else "Xin\ný kiến <&> \"'"
    style = {"color": "#ff8000", "width": 2, "opacity": 0.4}
    if kind == "stamp":
        style |= {"stamp": "dong_y", "font_size": 16}
    mark = annotation(kind, body=body, style=style)
    (back,) = read(written(mark))
    assert back.kind == kind
    # Text on the page is broken into the lines of its narrow box.
    assert (back.body.split(), back.page) == (body.split(), 3)
    assert (back.created, back.modified) == (0, 1763800100000)
    assert back.foreign_props["by"] == "Lê Ấn"
    assert back.foreign_props["nm"] == mark.id
    assert "index" not in back.foreign_props
    assert back.style["color"] == "#ff8000"
    assert back.style["opacity"] == 0.4
    for key, value in mark.geometry.items():
        assert flat(back.geometry[key]) == pytest.approx(flat(value), abs=0.01)


def flat(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for part in value for number in flat(part)]
    return [value]


def test_it_is_xml_with_the_names_of_the_standard() -> None:
    question = annotation("highlight", body="Hỏi")
    answer = annotation("note", id="0196f3a1-0000-7000-8000-000000000002", reply_to=question.id)
    root = ElementTree.fromstring(written(question, answer))
    ns = {"x": NAMESPACE}
    assert root.find("x:f", ns).attrib == {"href": "Báo cáo <1>.pdf"}  # type: ignore[union-attr]
    (marked,) = root.findall("x:annots/x:highlight", ns)
    assert marked.attrib["coords"] == "40,460,90,460,40,448,90,448"
    assert marked.attrib["date"] == "D:20251122082820Z"
    assert marked.findtext("x:contents", None, ns) == "Hỏi"
    (reply,) = root.findall("x:annots/x:text", ns)
    assert reply.attrib["inreplyto"] == question.id
    assert reply.attrib["replyType"] == "reply"
    assert reply.find("x:popup", ns) is not None


def test_replies_and_unknown_properties_come_back() -> None:
    props = {"by": "Sở Y tế", "nm": "abc", "pdf": {"Subj": "Góp ý", "IT": {"n": "Note"}}}
    question = annotation("note", body="Hỏi", foreign_props=props)
    answer = annotation("note", id="0196f3a1-0000-7000-8000-000000000002", reply_to=question.id)
    first, second = read(written(question, answer))
    assert first.foreign_props["pdf"]["Subj"] == "Góp ý"
    assert first.foreign_props["pdf"]["IT"] == {"n": "Note"}
    assert first.foreign_props["nm"] == "abc"
    assert second.reply_to == 0


def test_what_is_resolved_comes_back_resolved() -> None:
    first, second = read(written(annotation("note", id="other", resolved=True), annotation("line")))
    assert (first.resolved, second.resolved) == (True, False)


def test_dashes_and_arrow_heads_come_back() -> None:
    props = {"pdf": {"BS": {"d": {"S": {"n": "D"}, "D": [3, 2]}}}}
    first = annotation("arrow", foreign_props=props)
    heads = {"pdf": {"LE": [{"n": "Circle"}, {"n": "ClosedArrow"}]}}
    second = annotation("line", foreign_props=heads)
    for back, wanted in zip(
        read(written(first, second)),
        ({"BS": {"d": {"W": 2.0, "S": {"n": "D"}, "D": [3.0, 2.0]}}}, {}),
        strict=True,
    ):
        assert back.kind == "arrow"
        assert {key: back.foreign_props["pdf"][key] for key in wanted} == wanted
    assert read(written(second))[0].foreign_props["pdf"]["LE"][0] == {"n": "Circle"}


@pytest.mark.parametrize("top", ["", "nan", "-5", "0", "1e9", "inf", "viii"])
def test_a_page_of_no_height_is_where_the_file_has_it(top: str) -> None:
    said = f'xmlns:o="{OURS}" o:top="{top}"'
    mark = one(f'<square {said} page="3" rect="40,400,60,420" width="0"/>')
    plain = one('<square page="3" rect="40,400,60,420" width="0"/>')
    assert mark.geometry == plain.geometry


def test_what_a_tablet_took_for_the_page_holds_for_its_marks() -> None:
    said = f'xmlns:o="{OURS}" o:top="800"'
    mark = one(f'<square {said} page="3" rect="40,400,60,420" width="0"/>')
    assert mark.geometry == {"rect": [40.0, 380.0, 60.0, 400.0]}


def test_only_ink_is_a_highlighter() -> None:
    said = f'xmlns:o="{OURS}" o:kind="highlighter"'
    assert one(f'<square {said} page="3" rect="40,400,60,420"/>').kind == "rectangle"


@given(st.text(max_size=30))
def test_any_words_make_good_xml(words: str) -> None:
    clean = words.encode("utf-8", "replace").decode()
    root = ElementTree.fromstring(written(annotation("note", body=clean)))
    assert root.tag == f"{{{NAMESPACE}}}xfdf"


AS_ACROBAT_WRITES = """<?xml version="1.0" encoding="UTF-8"?>
<xfdf xmlns="http://ns.adobe.com/xfdf/" xml:space="preserve"><annots>
<highlight color="#FFD100" opacity="0.399994" creationdate="D:20251122152820+07'00'" flags="print"
 date="D:20251122152820+07'00'" name="b2f1" page="3" coords="70,440,120,440,70,428,120,428"
 rect="68,426,122,442" subject="Highlight" title="Sở Tài chính"><contents-richtext><body
 xmlns="http://www.w3.org/1999/xhtml"><p dir="ltr"><span>Làm rõ <b>nguồn</b></span></p><p>vốn</p>
</body></contents-richtext><popup flags="print,nozoom,norotate" open="no" page="3"
 rect="612,328,816,442"/></highlight>
<text flags="print,hidden,nozoom" inreplyto="b2f1" name="c3" page="3" rect="70,416,94,440"
 replyType="reply" title="Văn phòng" icon="Comment"><contents>Đã rõ</contents></text>
<text flags="hidden" inreplyto="b2f1" name="c4" page="3" rect="70,416,94,440" state="Completed"
 statemodel="Review"/>
<ink page="3" width="3" rect="0,0,9,9"><inklist><gesture>40,460;50,450;60,460</gesture>
<gesture>70,460;80,450</gesture></inklist></ink>
<freetext page="3" rect="40,400,240,460"><defaultappearance>0 0 1 rg /Helv 11 Tf</defaultappearance>
<contents>Chữ</contents></freetext>
<caret page="3" rect="40,400,50,410"><contents>thay</contents></caret>
</annots><f href="a.pdf"/></xfdf>"""


def test_what_acrobat_writes() -> None:
    marks = read(AS_ACROBAT_WRITES)
    assert [(mark.kind, mark.body) for mark in marks] == [
        ("highlight", "Làm rõ nguồn\nvốn"),
        ("note", "Đã rõ"),
        ("ink", ""),
        ("ink", ""),
        ("free_text", "Chữ"),
        ("note", "thay"),
    ]
    first, reply = marks[:2]
    assert (first.resolved, reply.reply_to) == (True, 0)
    assert first.style == {"color": "#ffd100", "opacity": 0.4}
    assert first.geometry == {"quads": [[40, 30, 90, 30, 40, 42, 90, 42]]}
    assert marks[4].style == {"font_size": 11, "color": "#0000ff"}
    assert marks[5].foreign_props["subtype"] == "Caret"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings(encoding: str) -> None:
    text = HEAD + '<text page="3" rect="1,2,3,4"><contents>Ấp</contents></text>' + TAIL
    assert read(text.encode(encoding))[0].body == "Ấp"


@pytest.mark.parametrize(
    "xml",
    [
        '<square page="3" rect="a,b,c,d"/>',
        '<square page="3" rect="1e999,0,nan,inf"/>',
        '<square page="3"/>',
        '<square page="-1" rect="1,2,3,4"/>',
        '<square page="99999999999" rect="1,2,3,4"/>',
        '<square page="٣" rect="1,2,3,4"/>',
        '<square page="4" rect="1,2,3,4"/>',
        '<square rect="1,2,3,4"/>',
        '<line page="3" start="1,2" rect="1,2,3,4"/>',
        '<line page="3" start="1" end="x,2" rect="1,2,3,4"/>',
        '<ink page="3"><inklist><gesture>x;y;z</gesture></inklist></ink>',
        '<ink page="3"><inklist/></ink>',
        '<unheard page="3" rect="1,2,3,4"/>',
        '<link page="3" rect="1,2,3,4"/>',
    ],
)
def test_nonsense_is_left(xml: str) -> None:
    good = '<circle page="3" rect="1,2,3,4"/>'
    assert [mark.kind for mark in read(HEAD + xml + good + TAIL)] == ["ellipse"]


def test_odd_values_of_good_marks() -> None:
    mark = one(
        '<square page="3" rect="40,400,90,460" color="red" width="wide" style="cloudy" '
        'dashes="1,x" flags="print,unheard" inreplyto="nobody" replyType="group" '
        'interior-color="#00ff00"/>'
    )
    assert mark.style == {"width": 1.0, "fill": "#00ff00"}
    assert (mark.kind, mark.reply_to) == ("rectangle", None)


BOMB = "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (f'<!DOCTYPE x [<!ENTITY a "ha">{BOMB}]>{HEAD}<text>&i;</text>{TAIL}', "bad_xml"),
        (f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{HEAD}{TAIL}', "bad_xml"),
        (f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>{HEAD}&a;{TAIL}', "bad_xml"),
        (f"<!DOCTYPE xfdf>{HEAD}{TAIL}", "bad_xml"),
        (HEAD + "<text>&unknown;</text>" + TAIL, "bad_xml"),
        (HEAD + "<text>", "bad_xml"),
        (HEAD + "<a>" * 1000 + "</a>" * 1000 + TAIL, "bad_xml"),
        ("", "bad_xml"),
        ("%PDF-1.7", "bad_xml"),
        ('<?xml version="1.0" encoding="no-such"?>' + HEAD + TAIL, "bad_xml"),
        ("<xfdf/>", "not_xfdf"),
        ("<html><annots/></html>", "not_xfdf"),
        ("a" * (MAX_XFDF_BYTES + 1), "too_large"),
    ],
)
def test_hostile_files_are_refused(data: str, code: str) -> None:
    with pytest.raises(XfdfError) as caught:
        read_xfdf(data.encode())
    assert caught.value.code == code


def test_no_annotations_are_no_fault() -> None:
    assert read_xfdf(f'<xfdf xmlns="{NAMESPACE}"><fields/></xfdf>'.encode()) == []
