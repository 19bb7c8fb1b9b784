/** The list from what lies on this tablet: documents opened here, with the work not yet sent. */
import type { KeptLine } from '../annotating';
import type { KeptDocument } from '../meetings';
import type { MyMark, MyMarks } from '../wire';
import { fits, type Filter } from './filter';

export interface KeptMarks {
  documentId: string;
  lines: readonly KeptLine[];
  label: (page: number) => string;
}

function rowOf(line: KeptLine, documentId: string, label: string): MyMark {
  const { id, marks, page, kind, quote, body, stamp, color, sketch, x, y } = line;
  return {
    id,
    marks,
    document_id: documentId,
    version_id: line.version,
    page,
    label,
    kind,
    shared: false,
    quote,
    body,
    stamp,
    color,
    sketch,
    at: new Date(line.at).toISOString(),
    x,
    y,
    stranded: false,
  };
}

/** In the order of the server's list: newest meeting first, then documents in theirs. */
export function keptNotes(
  marked: readonly KeptMarks[],
  known: readonly KeptDocument[],
  filter: Filter,
): MyMarks {
  const byId = new Map(marked.map((one) => [one.documentId, one]));
  const found = known
    .filter(({ document }) => byId.has(document.id))
    .sort(
      (a, b) =>
        Date.parse(b.meeting.starts_at) - Date.parse(a.meeting.starts_at) ||
        a.document.position - b.document.position,
    );
  const rows = found.flatMap(({ document, meeting }) => {
    const { lines = [], label = String } = byId.get(document.id) ?? {};
    return lines
      .map((line) => rowOf(line, document.id, label(line.page)))
      .filter((row) => fits(filter, row, meeting.id));
  });
  const shown = new Set(rows.map((row) => row.document_id));
  const meetings = (those: typeof found) =>
    [...new Map(those.map(({ meeting }) => [meeting.id, meeting])).values()].map(
      ({ id, title, starts_at }) => ({ id, title, starts_at }),
    );
  return {
    rows,
    documents: found
      .filter(({ document }) => shown.has(document.id))
      .map(({ document: { id, title, number_symbol, meeting_id } }) => ({
        id,
        title,
        number_symbol,
        withdrawn: false,
        meeting_id,
      })),
    meetings: meetings(found.filter(({ document }) => shown.has(document.id))),
    places: meetings(
      found.filter(({ document }) => (byId.get(document.id)?.lines.length ?? 0) > 0),
    ),
    next: null,
  };
}
