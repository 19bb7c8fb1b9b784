"""Every table of every feature, so that one metadata knows them all."""

from __future__ import annotations

from server.annotating import tables as annotating
from server.documents import tables as documents
from server.http import tables as http
from server.jobs import tables as jobs
from server.ledger import tables as ledger
from server.live import tables as live
from server.meetings import tables as meetings
from server.people import tables as people

ALL = (annotating, documents, http, jobs, ledger, live, meetings, people)
