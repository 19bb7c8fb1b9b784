"""The flat table of the API, and of the live topics."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from server import __version__
from server.annotating import messages as a
from server.annotating import notes_messages as n
from server.annotating import notes_routes as notes
from server.annotating import routes as annotating
from server.annotating.export import export_document
from server.annotating.notes_print import print_my_marks
from server.annotating.package import package_file, package_progress, plan_my_package
from server.annotating.take_marks import take_marks
from server.documents import messages as d
from server.documents import routes as documents
from server.documents import views
from server.health import Health, health
from server.http.endpoint import Call, Endpoint
from server.http.openapi import openapi
from server.identity import Actor
from server.meetings import messages as m
from server.meetings import routes as meetings
from server.people import device_routes as devices
from server.people import messages as p
from server.people import routes as people

MEETING = "/api/meetings/{meeting_id}"
DOCUMENT = "/api/documents/{document_id}"
VERSION = DOCUMENT + "/versions/{version_id}"
PAGE = VERSION + "/pages/{index}"
LAYER = "/api/layers/{layer_id}"


def _row(
    method: str,
    path: str,
    handler: Any,
    may: str,
    body: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    **more: Any,
) -> Endpoint:
    return Endpoint(method, path, handler, may, body, answer, **more)


async def api_document(call: Call) -> Response:
    """This table for other systems, as OpenAPI."""
    await call.read(lambda session: None)
    words = json.dumps(openapi(ENDPOINTS, __version__), ensure_ascii=False)
    return Response(words, media_type="application/json")


ENDPOINTS: tuple[Endpoint, ...] = (
    _row("GET", "/healthz", health, "health.see", None, Health),
    _row("GET", "/api/about", people.about, "about.see", None, p.About),
    _row("GET", "/api/about/parts", people.about_parts, "about.see", None, p.Part, many=True),
    _row("GET", "/api/openapi.json", api_document, "api.see"),
    _row("GET", "/api/about/source", people.source, "about.see"),
    _row("POST", "/api/sign-in", people.sign_in, "session.open", p.SignIn, p.SignedIn),
    _row("POST", "/api/demo/enter", people.enter_demo, "demo.enter", p.EnterDemo, p.SignedIn),
    _row("POST", "/api/sign-out", people.sign_out, "session.close"),
    _row("GET", "/api/session", people.session_standing, "session.see", None, p.SessionStanding),
    _row("GET", "/api/me", people.who_am_i, "self.see", None, p.Me),
    _row(
        "GET",
        "/api/me/marks",
        notes.my_marks,
        "self.marks",
        None,
        n.MyMarks,
        query=("meeting", "document", "kind", "q", "after"),
    ),
    _row(
        "GET",
        "/api/me/marks/print",
        print_my_marks,
        "self.marks",
        query=("form", "language", "meeting", "document", "kind", "q"),
    ),
    _row(
        "POST",
        MEETING + "/my-package",
        plan_my_package,
        "meeting.see",
        None,
        a.PackageView,
        query=("language",),
    ),
    _row(
        "GET",
        "/api/me/packages/{package_id}",
        package_progress,
        "self.marks",
        None,
        a.PackageView,
    ),
    _row("GET", "/api/me/packages/{package_id}/file", package_file, "self.marks"),
    _row("GET", "/api/me/devices", devices.my_devices, "self.see", None, p.DeviceView, many=True),
    _row("DELETE", "/api/me/devices/{device_id}", devices.revoke_device, "device.revoke"),
    _row(
        "POST",
        "/api/device/standing",
        devices.device_standing,
        "device.standing",
        p.DeviceAsk,
        p.DeviceStanding,
    ),
    _row("POST", "/api/people/{person_id}/unlock", devices.unlock_sign_in, "sign_in.unlock"),
    _row("POST", "/api/lease", people.renew_lease, "lease.renew", None, p.Lease, secret=True),
    _row(
        "GET",
        "/api/people",
        people.find_people,
        "people.find",
        None,
        p.PeopleFound,
        query=("q", "limit"),
    ),
    _row("GET", "/api/meetings", documents.my_meetings, "meetings.list", None, m.MyMeetings),
    _row(
        "POST",
        "/api/meetings",
        documents.create_meeting,
        "meeting.create",
        m.NewMeeting,
        m.MyMeeting,
    ),
    _row("GET", MEETING, documents.my_meeting, "meeting.see", None, m.MyMeeting),
    _row(
        "PATCH", MEETING, meetings.change_meeting, "meeting.change", m.MeetingPatch, m.MeetingHead
    ),
    _row(
        "POST",
        MEETING + "/items",
        meetings.add_item,
        "agenda.change",
        m.NewAgendaItem,
        m.AgendaItem,
    ),
    _row("PUT", MEETING + "/items/order", meetings.order_items, "agenda.change", m.AgendaOrder),
    _row(
        "PATCH",
        MEETING + "/items/{item_id}",
        meetings.change_item,
        "agenda.change",
        m.AgendaItemPatch,
        m.AgendaItem,
    ),
    _row("DELETE", MEETING + "/items/{item_id}", meetings.delete_item, "agenda.change"),
    _row(
        "PUT",
        MEETING + "/participants/{person_id}",
        meetings.put_participant,
        "participants.change",
        m.ParticipantPut,
        m.Participant,
    ),
    _row(
        "DELETE",
        MEETING + "/participants/{person_id}",
        meetings.remove_participant,
        "participants.change",
    ),
    _row("POST", MEETING + "/issue", meetings.issue_meeting, "meeting.issue", None, m.MeetingHead),
    _row("POST", MEETING + "/open", meetings.open_meeting, "meeting.open", None, m.MeetingHead),
    _row("POST", MEETING + "/close", meetings.close_meeting, "meeting.close", None, m.MeetingHead),
    _row(
        "PUT",
        MEETING + "/retention",
        meetings.set_retention,
        "meeting.retention",
        m.MarksRulePut,
        m.MeetingHead,
    ),
    _row(
        "GET",
        "/api/unit/retention",
        meetings.unit_retention,
        "unit.retention",
        None,
        m.UnitRetention,
    ),
    _row(
        "PUT",
        "/api/unit/retention",
        meetings.set_unit_retention,
        "unit.retention",
        m.MarksRulePut,
        m.UnitRetention,
    ),
    _row(
        "POST",
        MEETING + "/documents",
        documents.add_document,
        "documents.add",
        d.NewDocument,
        m.DocumentCard,
    ),
    _row("GET", DOCUMENT, annotating.read_document, "document.read", None, d.DocumentView),
    _row(
        "PATCH",
        DOCUMENT,
        documents.change_document,
        "document.change",
        d.DocumentPatch,
        m.DocumentCard,
    ),
    _row("DELETE", DOCUMENT, documents.delete_document, "document.change"),
    _row(
        "PUT",
        DOCUMENT + "/file",
        documents.upload,
        "document.upload",
        None,
        d.Uploaded,
        raw=True,
        query=("name",),
    ),
    _row("GET", PAGE + "/image", documents.page_image, "document.read"),
    _row("GET", PAGE + "/thumb", documents.page_thumb, "document.read"),
    _row("GET", PAGE + "/words", documents.page_words, "document.read"),
    _row("GET", PAGE + "/tiles/{scale}/{column}/{row}", documents.page_tile, "document.read"),
    _row("GET", VERSION + "/words", documents.all_words, "document.read"),
    _row("GET", VERSION + "/file", documents.original, "document.download"),
    _row(
        "GET",
        VERSION + "/export",
        export_document,
        "document.download",
        query=("marks", "layers"),
    ),
    _row(
        "PUT",
        VERSION + "/marks",
        take_marks,
        "document.read",
        None,
        a.MarksAdded,
        raw=True,
    ),
    _row(
        "GET",
        DOCUMENT + "/layers",
        annotating.list_layers,
        "layers.list",
        None,
        a.LayerView,
        many=True,
    ),
    _row(
        "POST",
        DOCUMENT + "/layers",
        annotating.make_layer,
        "layer.make",
        a.NewLayer,
        a.LayerView,
    ),
    _row(
        "GET",
        DOCUMENT + "/readers",
        annotating.list_readers,
        "readers.list",
        None,
        m.Participant,
        many=True,
    ),
    _row(
        "PUT",
        DOCUMENT + "/presenter-layer",
        annotating.open_presenter_layer,
        "presenter.open",
        None,
        a.LayerView,
    ),
    _row("PATCH", LAYER, annotating.change_layer, "layer.manage", a.LayerPatch, a.LayerView),
    _row("DELETE", LAYER, annotating.delete_layer, "layer.manage"),
    _row(
        "GET",
        LAYER + "/others-marks",
        annotating.count_others_marks,
        "layer.manage",
        None,
        a.OthersMarks,
    ),
    _row("POST", LAYER + "/leave", annotating.leave_layer, "layer.leave"),
    _row(
        "GET",
        LAYER + "/authors",
        annotating.list_authors,
        "layer.read",
        None,
        p.PersonCard,
        many=True,
    ),
)


LAYER_ACTIONS: dict[str, str] = {
    "ann.open": "layer.read",
    "ann.push": "layer.write",
    "ann.ephemeral": "layer.write",
}
"""What the frames of a layer need. Besides, a push may take marks of others away where
`layer.moderate` allows it; and each delivery needs `layer.read`."""


@dataclass(frozen=True)
class TopicKind:
    """A kind of live topic: its rights action, its snapshot, and the changes it carries."""

    may: str
    id_name: str
    snapshot: Callable[[Session, Actor, str, int], BaseModel]
    data: type[BaseModel]
    change: Any


TOPICS: dict[str, TopicKind] = {
    "meeting": TopicKind(
        "topic.meeting",
        "meeting_id",
        lambda session, actor, one, most: views.meeting_view(session, one, staff=False),
        m.MeetingView,
        m.MeetingChange,
    ),
    "meeting.staff": TopicKind(
        "topic.meeting.staff",
        "meeting_id",
        lambda session, actor, one, most: views.meeting_view(session, one, staff=True),
        m.MeetingView,
        m.MeetingChange,
    ),
    "inbox": TopicKind(
        "topic.inbox",
        "person_id",
        lambda session, actor, one, most: views.my_meetings(session, actor, most),
        m.MyMeetings,
        m.InboxChange,
    ),
}
