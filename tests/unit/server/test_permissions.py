"""The rights table, compared with one written out here: who may what, pair by pair."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlmodel import Session

from server import permissions
from server.annotating.layers import rights_on
from server.database import Database, Wiring
from server.endpoints import ENDPOINTS, LAYER_ACTIONS, TOPICS
from server.errors import DomainError, NotAllowed, NotFound, NotSignedIn
from server.identity import SYSTEM, Actor
from server.migrations.migrate import migrate
from server.reactions import react

from .world import ROLES, Province

NOBODY = "nobody"
ALL = frozenset(ROLES)
STAFF = frozenset({"secretariat", "secretary"})
PART = frozenset({"chair", "secretary", "delegate", "chosen", "guest"})
OPENS = STAFF | {"chair"}
READS = PART | STAFF

ANYBODY = {
    "device.standing",
    "health.see",
    "about.see",
    "session.open",
    "session.see",
    "demo.enter",
}
SIGNED_IN = {
    "session.close",
    "self.see",
    "self.marks",
    "lease.renew",
    "device.revoke",
    "meetings.list",
    "api.see",
}
SECRETARIAT = {"sign_in.unlock", "people.find", "meeting.create", "unit.retention"}

IN_ISSUED: dict[str, frozenset[str]] = {
    "meeting.see": READS,
    "meeting.change": STAFF,
    "meeting.issue": STAFF,
    "meeting.open": OPENS,
    "meeting.close": OPENS,
    "meeting.retention": STAFF,
    "agenda.change": STAFF,
    "participants.change": STAFF,
    "documents.add": STAFF,
    "topic.meeting": READS,
    "topic.meeting.staff": STAFF,
}
"""Rights in a meeting that is out. In a draft the same for its staff, and the chair may open and
close (the states refuse it), but nobody else sees anything."""

IN_DRAFT: dict[str, frozenset[str]] = IN_ISSUED | {
    "meeting.see": STAFF,
    "topic.meeting": STAFF,
}

OF_PAPERS: dict[str, frozenset[str]] = {
    "public": READS,
    "restricted": STAFF | {"chosen"},
    "internal": STAFF,
    "restricted_internal": STAFF,
    "draft": STAFF,
}
READING = {"document.read", "layers.list", "readers.list", "layer.make"}
DOWNLOADS = OF_PAPERS | {"restricted": STAFF}
"""Who is named on a restricted paper reads it as images of its pages alone."""
CHANGING = {"document.change", "document.upload"}
PRESENTS: dict[str, frozenset[str]] = {
    "public": OPENS | {"guest"},
    "restricted": STAFF,
    "internal": STAFF,
    "restricted_internal": STAFF,
    "draft": STAFF,
}
"""The public paper hangs on the item that `guest` presents; the chair may not read the others."""

OF_LAYERS: dict[str, dict[str, frozenset[str]]] = {
    "private": {"read": frozenset({"delegate"}), "write": frozenset({"delegate"})},
    "me": {
        "read": frozenset({"delegate"}),
        "write": frozenset({"delegate"}),
        "moderate": frozenset({"delegate"}),
        "manage": frozenset({"delegate"}),
    },
    "people": {
        "read": frozenset({"delegate", "guest"}),
        "write": frozenset({"delegate", "guest"}),
        "moderate": frozenset({"delegate"}),
        "manage": frozenset({"delegate"}),
        "leave": frozenset({"guest"}),
    },
    "everyone": {
        "read": READS,
        "write": READS,
        "moderate": frozenset({"delegate"}),
        "manage": frozenset({"delegate"}),
    },
    "restricted": {
        "read": STAFF | {"chosen"},
        "write": STAFF | {"chosen"},
        "moderate": frozenset({"chosen"}),
        "manage": frozenset({"chosen"}),
    },
    "presenter": {"read": READS, "write": OPENS | {"guest"}, "moderate": OPENS},
}
OF_LAYER = {f"layer.{one}" for one in ("read", "write", "moderate", "manage", "leave")}


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """One for all tests here: they only read."""
    database = Database(tmp_path_factory.mktemp("rights") / "test.sqlite3", wiring=Wiring(react))
    migrate(database)
    made = Province(database)
    database.write_now(SYSTEM, made.make)
    yield made
    database.stop()


def allowed(province: Province, action: str, **ids: str) -> set[str]:
    """Everybody for whom the table says yes."""

    def ask(session: Session) -> set[str]:
        actors: dict[str, Actor | None] = {**province.actors, NOBODY: None}
        return {
            name for name, actor in actors.items() if permissions.may(session, actor, action, ids)
        }

    return province.database.read_now(ask)


def test_each_endpoint_and_topic_names_an_action_and_each_action_is_used() -> None:
    named = {one.may for one in ENDPOINTS} | {one.may for one in TOPICS.values()}
    live = set(LAYER_ACTIONS.values()) | {"layer.moderate"}
    assert named | live == set(permissions.RIGHTS)


def test_the_table_here_knows_every_action() -> None:
    here = ANYBODY | SIGNED_IN | SECRETARIAT | set(IN_ISSUED) | READING | CHANGING
    alone = {"topic.inbox", "presenter.open", "document.download"}
    assert here | OF_LAYER | alone == set(permissions.RIGHTS)


def test_no_path_and_method_twice() -> None:
    rows = [(one.method, one.path) for one in ENDPOINTS]
    assert len(rows) == len(set(rows))


def test_rights_outside_meetings(province: Province) -> None:
    for action in ANYBODY:
        assert allowed(province, action) == ALL | {NOBODY}, action
    for action in SIGNED_IN:
        assert allowed(province, action) == ALL, action
    for action in SECRETARIAT:
        assert allowed(province, action) == {
            "secretariat",
            "secretariat_elsewhere",
        }, action
    for name, actor in province.actors.items():
        ids = {"person_id": actor.person_id}
        assert allowed(province, "topic.inbox", **ids) == {name}


@pytest.mark.parametrize("action", sorted(IN_ISSUED))
def test_rights_in_a_meeting(province: Province, action: str) -> None:
    for meeting, table in ((province.issued, IN_ISSUED), (province.draft, IN_DRAFT)):
        found = allowed(province, action, meeting_id=meeting)
        assert found == table[action], action
    nowhere = allowed(province, action, meeting_id="no such meeting")
    assert nowhere == set()


@pytest.mark.parametrize("paper", sorted(OF_PAPERS))
def test_rights_on_a_paper(province: Province, paper: str) -> None:
    ids = {"document_id": province.papers[paper]}
    for action in READING:
        found = allowed(province, action, **ids)
        assert found == OF_PAPERS[paper], action
    for action in CHANGING:
        assert allowed(province, action, **ids) == STAFF, action
    assert allowed(province, "presenter.open", **ids) == PRESENTS[paper]
    assert allowed(province, "document.download", **ids) == DOWNLOADS[paper]


@pytest.mark.parametrize("layer", sorted(OF_LAYERS))
def test_rights_on_a_layer(province: Province, layer: str) -> None:
    ids = {"layer_id": province.layers[layer]}
    for action in OF_LAYER:
        wanted = OF_LAYERS[layer].get(action.removeprefix("layer."), frozenset())
        assert allowed(province, action, **ids) == wanted, action
        assert allowed(province, action, layer_id="no such layer") == set()


@pytest.mark.parametrize("layer", sorted(OF_LAYERS))
def test_the_live_socket_gets_the_tables_word(province: Province, layer: str) -> None:
    id_ = province.layers[layer]
    for name, actor in province.actors.items():
        rights = province.database.read_now(rights_on, actor, id_)
        told = {one: getattr(rights, one) for one in ("read", "write", "moderate")}
        assert told == {one: name in OF_LAYERS[layer].get(one, ()) for one in told}, name


def test_a_refusal_never_tells_that_something_exists(province: Province) -> None:
    """Whoever may not see a record is told the same as for one that is not there."""

    def refusal(session: Session, actor: Actor | None, action: str, **ids: str) -> type[Exception]:
        with pytest.raises(DomainError) as refused:
            permissions.require(session, actor, action, ids)
        return type(refused.value)

    def ask(session: Session) -> None:
        stranger, delegate = province.actors["stranger"], province.actors["delegate"]
        delegate_2 = province.actors["chosen"]
        for action, meeting in itertools.product(IN_ISSUED, (province.issued, "nowhere")):
            assert refusal(session, stranger, action, meeting_id=meeting) is NotFound
            assert refusal(session, None, action, meeting_id=meeting) is NotSignedIn
        hidden = [province.papers[one] for one in ("restricted", "internal", "draft")]
        for action, paper in itertools.product(READING | CHANGING, [*hidden, "nowhere"]):
            assert refusal(session, delegate, action, document_id=paper) is NotFound
        for action, layer in itertools.product(OF_LAYER, ("people", "private", "me", "no")):
            id_ = province.layers.get(layer, "nowhere")
            assert refusal(session, province.actors["chair"], action, layer_id=id_) is NotFound
        everyones = province.layers["everyone"]
        for action in ("layer.manage", "layer.leave"):
            assert refusal(session, delegate_2, action, layer_id=everyones) is NotAllowed
        public = province.papers["public"]
        assert refusal(session, delegate, "document.change", document_id=public) is NotAllowed

    province.database.read_now(ask)
