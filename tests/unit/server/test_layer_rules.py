"""Who may do what on a layer: every standing, written out."""

from __future__ import annotations

import itertools

import pytest

from server.annotating.rules import (
    ALLOWED,
    NO_RIGHTS,
    Bounds,
    LayerRights,
    Reader,
    layer_rights,
    narrowed,
    require_people,
    require_sharing,
)
from server.errors import DomainError

READS = Reader(True)
BOUNDS = Bounds(per_document=50, per_person=5, people=2)
KINDS = ("private", "shared", "presenter", "imported")
AUDIENCES = ("me", "people", "everyone")


def test_who_may_not_read_the_document_has_nothing() -> None:
    for kind, audience, owns, named in itertools.product(
        KINDS, AUDIENCES, (True, False), (True, False)
    ):
        reader = Reader(False, presents=True, directs=True)
        assert layer_rights(kind, audience, reader, owns=owns, named=named) == NO_RIGHTS


@pytest.mark.parametrize("owns", [True, False])
def test_what_a_file_brought_along_is_read_by_its_readers_and_written_by_nobody(
    owns: bool,
) -> None:
    for reader in (READS, Reader(True, presents=True, directs=True)):
        rights = layer_rights("imported", "everyone", reader, owns=owns, named=True)
        assert rights == LayerRights(read=True)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_private_layer_is_its_owners_whatever_else_is_said(audience: str) -> None:
    directs = Reader(True, presents=True, directs=True)
    own = layer_rights("private", audience, READS, owns=True, named=False)
    assert own == LayerRights(read=True, write=True)
    assert layer_rights("private", audience, directs, owns=False, named=True) == NO_RIGHTS


@pytest.mark.parametrize(
    ("audience", "named", "reads"),
    [
        ("me", True, False),
        ("me", False, False),
        ("people", True, True),
        ("people", False, False),
        ("everyone", True, True),
        ("everyone", False, True),
    ],
)
def test_a_shared_layer_is_for_its_audience(audience: str, named: bool, reads: bool) -> None:
    others = layer_rights("shared", audience, READS, owns=False, named=named)
    assert others == (LayerRights(read=True, write=True) if reads else NO_RIGHTS)
    own = layer_rights("shared", audience, READS, owns=True, named=False)
    assert own == LayerRights(read=True, write=True, moderate=True, manage=True)


def test_the_presenters_layer_is_read_by_all_and_written_by_who_presents() -> None:
    for owns in (True, False):
        given = {"owns": owns, "named": False}
        assert layer_rights("presenter", "everyone", READS, **given) == LayerRights(read=True)
        presents = Reader(True, presents=True)
        assert layer_rights("presenter", "everyone", presents, **given) == LayerRights(True, True)
        directs = Reader(True, presents=True, directs=True)
        wanted = LayerRights(True, True, True)
        assert layer_rights("presenter", "everyone", directs, **given) == wanted


def test_a_document_says_how_far_its_layers_may_go() -> None:
    for sharing, audience in itertools.product(ALLOWED, AUDIENCES):
        if audience in ALLOWED[sharing]:
            require_sharing(sharing, audience)
        else:
            with pytest.raises(DomainError, match="sharing_not_allowed"):
                require_sharing(sharing, audience)


@pytest.mark.parametrize(
    ("sharing", "audience", "named", "becomes"),
    [
        ("everyone", "everyone", False, "everyone"),
        ("people", "everyone", True, "people"),
        ("people", "everyone", False, "me"),
        ("people", "people", True, "people"),
        ("none", "everyone", True, "me"),
        ("none", "people", True, "me"),
        ("none", "me", False, "me"),
    ],
)
def test_layers_are_narrowed_with_their_document(
    sharing: str, audience: str, named: bool, becomes: str
) -> None:
    assert narrowed(sharing, audience, named=named) == becomes


def test_only_who_may_read_the_document_can_be_chosen_and_not_too_many() -> None:
    require_people({"a", "b"}, {"a", "b", "c"}, BOUNDS)
    for people, code in (({"a", "x"}, "person_cannot_read"), (set("abc"), "too_many_people")):
        with pytest.raises(DomainError, match=code):
            require_people(people, {"a", "b", "c"}, BOUNDS)
