"""Unknown properties: kept as JSON, written back as they were; nothing that runs or leads away."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.foreign import give_back, keep
from annotations.limits import MAX_FOREIGN_BYTES
from annotations.pdf_values import PdfName, PdfRef

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-1000, 1000),
        st.floats(-1e6, 1e6),
        st.text("aấ\n ", max_size=8),
        st.builds(PdfName, st.text("abc", min_size=1, max_size=5)),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("xyz", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_kept_comes_back_as_it_was(value: Any) -> None:
    props = keep({"XY": value})
    again = give_back(json.loads(json.dumps(props)), untouched=True)
    if props:
        assert again == {"XY": value}
        assert _names(again["XY"]) == _names(value)


def _names(value: Any) -> Any:
    """Names are strings of another type: equality alone would not see one become text."""
    if isinstance(value, list):
        return [_names(one) for one in value]
    if isinstance(value, dict):
        return {key: _names(one) for key, one in value.items()}
    return type(value)


@pytest.mark.parametrize(
    "entries",
    [
        {"A": {"S": PdfName("JavaScript"), "JS": "app.alert(1)"}},
        {"AA": {}},
        {"Stuff": {"deep": {"JS": "x"}}},
        {"FS": {"F": "x.exe"}},
        {"Other": PdfRef(12)},
        {"Other": [1, [PdfRef(12)]]},
        {"Number": float("inf")},
        {"Contents": "ours", "Rect": [0, 0, 1, 1], "Popup": PdfRef(3)},
    ],
)
def test_what_runs_leads_away_or_is_ours_is_not_kept(entries: dict[str, Any]) -> None:
    assert keep(entries) == {}


def test_depth_and_weight_are_bounded() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert keep({"Deep": deep, "Subj": "x"}) == {"Subj": "x"}
    huge = keep({"RC": "r" * MAX_FOREIGN_BYTES, "Subj": "x", "IT": PdfName("Note")})
    assert huge == {"Subj": "x", "IT": {"n": "Note"}}


def test_a_changed_mark_gets_back_only_what_is_still_true() -> None:
    props = keep({"Subj": "x", "RC": "<p>old</p>", "BS": {"W": 3, "S": PdfName("D")}})
    assert give_back(props, untouched=False) == {"Subj": "x"}
    assert give_back(props, untouched=True)["BS"] == {"W": 3, "S": "D"}


@pytest.mark.parametrize("value", [{"n": 3}, {"unknown": 1}, [[[[[[[[[1]]]]]]]]]])
def test_a_broken_record_costs_only_itself(value: Any) -> None:
    assert give_back({"Bad": value, "Subj": "x", "A": 1}, untouched=True) == {"Subj": "x"}
