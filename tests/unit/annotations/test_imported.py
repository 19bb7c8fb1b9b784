"""What comes out of the process with the foreign file is checked like a push."""

import json
from dataclasses import replace
from typing import Any

import pytest

from annotations.errors import AnnotationError
from annotations.imported import ImportedMark, from_items, names_of, to_item
from annotations.ink import encode_ink
from annotations.limits import MAX_FOREIGN_BYTES

NOTE = ImportedMark(0, "note", {"point": [1, 2]}, {"color": "#ff0000"}, "Xin ý kiến", True)
INK = ImportedMark(
    3,
    "ink",
    {"rect": [1, 2, 3, 4]},
    {},
    ink=encode_ink([1, 3], [2, 4]),
    created=1,
    modified=2,
    reply_to=0,
    foreign_props={"by": "Lan", "index": 3, "nm": "x", "subtype": "Ink", "pdf": {"Subj": "a"}},
)


def test_marks_travel_as_json() -> None:
    items = json.loads(json.dumps([to_item(NOTE), to_item(INK)]))
    assert from_items(items, 2) == [NOTE, INK]
    assert from_items([], 0) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"more": 1}, "unknown_field"),
        ({"kind": "unheard_of"}, "unknown_kind"),
        ({"kind": 3}, "unknown_kind"),
        ({"geometry": {}}, "missing"),
        ({"style": {"color": "red"}}, "wrong_type"),
        ({"body": "\0"}, "bad_text"),
        ({"resolved": 1}, "wrong_type"),
        ({"ink": None}, "wrong_type"),
        ({"ink": "AAAA"}, "bad_ink"),
        ({"created": -1}, "out_of_range"),
        ({"modified": 10**18}, "out_of_range"),
        ({"reply_to": 1}, "out_of_range"),
        ({"page": -1}, "out_of_range"),
        ({"foreign_props": None}, "unknown_field"),
        ({"foreign_props": {"x": 1}}, "unknown_field"),
        ({"foreign_props": {"by": 1}}, "wrong_type"),
        ({"foreign_props": {"index": "1"}}, "wrong_type"),
        ({"foreign_props": {"pdf": []}}, "wrong_type"),
        ({"foreign_props": {"pdf": {"a": "x" * 6 * MAX_FOREIGN_BYTES}}}, "too_large"),
    ],
)
def test_what_no_record_holds_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        from_items([{**to_item(INK), **change}], 9)
    assert caught.value.code == code


def test_a_list_of_bounded_length_is_wanted() -> None:
    for items, code in ({}, "wrong_type"), ([1], "unknown_field"), ([1, 2, 3], "too_many"):
        with pytest.raises(AnnotationError) as caught:
            from_items(items, 2)
        assert caught.value.code == code


def test_a_mark_is_called_the_same_each_time_its_file_is_read() -> None:
    named = replace(NOTE, foreign_props={"nm": "x", "pdf": {}})
    nameless = replace(NOTE, body="Không tên", foreign_props={"pdf": {}})
    stroke = replace(INK, reply_to=None, foreign_props={"by": "Lan"})
    file = [named, stroke, stroke, nameless, nameless, replace(named, body="Trùng tên"), stroke]
    names = names_of(file)
    assert names[0] == "x"
    assert len(set(names)) == len(file)
    assert names_of(file) == names
    answered = [replace(one, reply_to=2 if one.kind == "note" else None) for one in file]
    more = names_of([replace(NOTE, body="Mới", foreign_props={"pdf": {}}), *answered])
    assert more[1:] == names
    assert names_of([stroke, stroke])[0] not in names
