"""The rules of conflict, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotations.limits import MAX_OFFLINE_MS
from annotations.merge import Change, Circumstances, Conflict, Unchanged, apply, weigh
from annotations.model import Annotation, Layer, LayerKind, from_wire, to_wire
from annotations.operations import Delete, Operation, Patch, Put, Restore, parse_operation

from .samples import ALICE, ANCHOR, BINH, CHI, DOCUMENT, INK, LAYER, NOW, ink_put, mark_id, put


def at(kind: LayerKind = "private", person: str = ALICE, moderator: bool = False) -> Circumstances:
    return Circumstances(Layer(LAYER, DOCUMENT, kind, ALICE), person, NOW, moderator)


def changed(record: Annotation | None, op: Operation, where: Circumstances | None = None) -> Change:
    result = apply(record, op, 100, where or at())
    assert isinstance(result, Change)
    return result


def new(op: dict[str, object] | None = None) -> Annotation:
    parsed, _ = parse_operation(op or put(body="một"))
    return changed(None, parsed).after


ID = mark_id(1)


def test_whose_mark_it_is_on_a_layer_of_several_people() -> None:
    shared, presenter = at("shared", BINH), at("presenter", BINH)
    mark = new()
    for where in (shared, presenter):
        for op in (Patch(ID, 1, body="sửa hộ"), Patch(ID, 1, resolved=True, style={"width": 3})):
            assert apply(mark, op, 9, where) == Conflict("not_yours", "id")
        for other in (Delete(ID, 1), Restore(ID, 1)):
            assert apply(mark, other, 9, where) == Conflict("not_yours", "id")
        assert changed(mark, Patch(ID, 1, resolved=True), where).after.resolved
    assert changed(mark, Delete(ID, 1), at("private", BINH)).after.deleted_by == BINH


def test_who_took_a_mark_away_brings_it_back() -> None:
    mark, author = new(), at("shared")
    moderator, third = at("shared", BINH, moderator=True), at("shared", CHI)
    assert apply(mark, Patch(ID, 1, body="sửa hộ"), 9, moderator) == Conflict("not_yours", "id")
    taken = changed(mark, Delete(ID, 1), moderator).after
    assert (taken.deleted, taken.deleted_by) == (True, BINH)
    for where in (author, third):
        assert apply(taken, Restore(ID, 2), 9, where) == Conflict("taken_away", "id")
    back = changed(taken, Restore(ID, 2), at("shared", BINH)).after
    assert (back.deleted, back.deleted_by) == (False, "")
    assert not changed(taken, Restore(ID, 2), at("shared", CHI, moderator=True)).after.deleted
    withdrawn = changed(mark, Delete(ID, 1), author).after
    assert apply(withdrawn, Restore(ID, 2), 9, moderator) == Conflict("not_yours", "id")
    assert not changed(withdrawn, Restore(ID, 2), author).after.deleted


def test_put_fills_in_what_the_server_knows() -> None:
    mark = new(ink_put(style={"width": 2}, created=NOW - 5))
    assert (mark.layer, mark.document, mark.author) == (LAYER, DOCUMENT, ALICE)
    assert (mark.rev, mark.seq, mark.created, mark.modified) == (1, 100, NOW - 5, NOW)


@pytest.mark.parametrize("created", [NOW + 1, NOW - MAX_OFFLINE_MS - 1, 0])
def test_a_clock_a_year_off_is_not_believed(created: int) -> None:
    assert new(put(created=created)).created == NOW


def test_put_of_an_id_that_exists_is_refused_without_showing_it() -> None:
    op, _ = parse_operation(put())
    assert apply(replace(new(), layer="another"), op, 1, at()) == Conflict("id_taken", "id")


def test_different_groups_merge() -> None:
    mark = new()
    style = changed(mark, Patch(ID, 1, style={"width": 3})).after
    body = changed(style, Patch(ID, 1, body="hai"))
    moved = changed(body.after, Patch(ID, 1, page=2, geometry={"point": [1, 1]}, anchor=ANCHOR))
    done = changed(moved.after, Patch(ID, 1, resolved=True))
    assert (done.after.style, done.after.body, done.after.page) == ({"width": 3}, "hai", 2)
    assert (done.after.rev, done.after.group_revs) == (5, (4, 2, 3, 5))
    assert body.overwrote == moved.overwrote == done.overwrote == ()


def test_the_same_look_is_won_by_the_last_and_the_loser_is_kept() -> None:
    first = changed(new(), Patch(ID, 1, style={"width": 2})).after
    second = changed(first, Patch(ID, 1, style={"width": 3}))
    assert second.after.style == {"width": 3}
    assert second.before is first
    assert second.overwrote == (1,)


@pytest.mark.parametrize("kind", ["private", "shared", "presenter"])
def test_the_same_words_changed_twice_are_a_conflict_on_every_layer(kind: LayerKind) -> None:
    first = changed(new(), Patch(ID, 1, body="trước"), at(kind)).after
    assert apply(first, Patch(ID, 1, body="sau"), 9, at(kind)) == Conflict(
        "conflict", "body", first
    )
    seen = changed(first, Patch(ID, 2, body="sau"), at(kind))
    assert seen.after.body == "sau"
    assert isinstance(apply(first, Patch(ID, 1, body="trước"), 9, at(kind)), Unchanged)


def test_delete_beats_edit_and_restore_brings_back() -> None:
    mark = new()
    gone = changed(mark, Delete(ID, 1)).after
    assert gone.deleted
    assert apply(gone, Patch(ID, 1, body="hai"), 9, at()) == Conflict("deleted", "id", gone)
    assert apply(gone, Delete(ID, 1), 9, at()) == Unchanged(gone)
    back = changed(gone, Restore(ID, 2))
    assert (back.after.deleted, back.after.body, back.after.rev) == (False, "một", 3)
    assert apply(back.after, Restore(ID, 2), 9, at()) == Unchanged(back.after)
    assert changed(back.after, Delete(ID, 1)).overwrote == (3,)


def test_a_patch_that_changes_nothing_takes_no_number() -> None:
    mark = new()
    assert apply(mark, Patch(ID, 1, body="một", page=0), 9, at()) == Unchanged(mark)


def test_unknown_marks_and_marks_of_other_layers_look_alike() -> None:
    foreign = replace(new(), layer="another")
    for op in (Patch(ID, 1, body="x"), Delete(ID, 1), Restore(ID, 1)):
        assert apply(None, op, 1, at()) == Conflict("unknown_annotation", "id")
        assert apply(foreign, op, 1, at()) == Conflict("unknown_annotation", "id")


def test_another_persons_mark_may_be_resolved_and_nothing_else() -> None:
    mark = new()
    binh = at("shared", BINH)
    for op in (
        Patch(ID, 1, body="x"),
        Patch(ID, 1, resolved=True, page=1),
        Delete(ID, 1),
        Restore(ID, 1),
    ):
        assert apply(mark, op, 1, binh) == Conflict("not_yours", "id")
    assert changed(mark, Patch(ID, 1, resolved=True), binh).after.resolved
    assert changed(mark, Delete(ID, 1), at("shared", BINH, moderator=True)).after.deleted
    imported = replace(mark, author="someone in a PDF")
    assert changed(imported, Delete(ID, 1)).after.deleted


def test_a_geometry_of_another_kind_is_refused() -> None:
    wrong = Patch(ID, 1, geometry={"rect": [0, 0, 1, 1]})
    assert apply(new(), wrong, 1, at()) == Conflict("unknown_field", "geometry")


def test_a_record_cannot_outgrow_its_bound_by_patches() -> None:
    mark = new(put(kind="highlight", geometry={"quads": [[0] * 8] * 900}))
    assert apply(mark, Patch(ID, 1, body="x" * 20_000), 1, at()) == Conflict("too_large", "op")


def test_weight_follows_the_record() -> None:
    heavy = new(ink_put(body="ế" * 100))
    assert weigh(heavy) - weigh(new(put())) == pytest.approx(len(INK) + 300, abs=4)
    assert weigh(new(put(kind="highlight", geometry={"quads": [[0] * 8]}, anchor=ANCHOR))) > 500


def test_the_wire_form_of_a_mark_is_read_back_and_a_deleted_one_says_nothing() -> None:
    for op in (
        ink_put(body="lời", anchor=ANCHOR),
        put(reply_to=mark_id(7)),
    ):
        mark = new(op)
        for one in (
            mark,
            replace(mark, resolved=True, carried_from=ID, carry_state="moved"),
            replace(mark, foreign_props={"by": "Sở Y tế"}),
        ):
            assert from_wire(to_wire(one), LAYER, DOCUMENT) == one
    gone = replace(new(), deleted=True)
    assert to_wire(gone) == {"id": ID, "rev": 1, "seq": 100, "deleted": True}


def test_parsed_puts_reach_the_merge_unchanged() -> None:
    op, _ = parse_operation(ink_put(anchor=ANCHOR, body="x"))
    assert isinstance(op, Put)
    mark = changed(None, op).after
    assert (mark.ink, mark.anchor, mark.body, mark.kind) == (op.ink, ANCHOR, "x", "ink")
