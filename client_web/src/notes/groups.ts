/** The list as it is shown: meetings, their documents, their pages. Pure. */
import type { MarkedDocument, MarkedMeeting, MyMark, MyMarks } from '../wire';

export interface PageNotes {
  page: number;
  label: string;
  rows: MyMark[];
}

export interface DocumentNotes {
  document: MarkedDocument;
  pages: PageNotes[];
}

export interface MeetingNotes {
  meeting: MarkedMeeting;
  documents: DocumentNotes[];
}

/** What rows speak of, by id. */
export interface Named {
  readonly documents: ReadonlyMap<string, MarkedDocument>;
  readonly meetings: ReadonlyMap<string, MarkedMeeting>;
}

export const NOTHING_NAMED: Named = { documents: new Map(), meetings: new Map() };

export function nameMore(named: Named, part: Pick<MyMarks, 'documents' | 'meetings'>): Named {
  return {
    documents: new Map([
      ...named.documents,
      ...part.documents.map((one) => [one.id, one] as const),
    ]),
    meetings: new Map([...named.meetings, ...part.meetings.map((one) => [one.id, one] as const)]),
  };
}

/** Rows come in the order of the list, so equal ones stand side by side. */
export function groupNotes(
  rows: readonly MyMark[],
  { documents, meetings }: Named,
): MeetingNotes[] {
  const groups: MeetingNotes[] = [];
  for (const row of rows) {
    const document = documents.get(row.document_id);
    const meeting = document && meetings.get(document.meeting_id);
    if (!document || !meeting) continue;
    let group = groups.at(-1);
    if (group?.meeting.id !== meeting.id) groups.push((group = { meeting, documents: [] }));
    let paper = group.documents.at(-1);
    if (paper?.document.id !== document.id) group.documents.push((paper = { document, pages: [] }));
    let page = paper.pages.at(-1);
    if (page?.page !== row.page || page.label !== row.label) {
      paper.pages.push((page = { page: row.page, label: row.label, rows: [] }));
    }
    page.rows.push(row);
  }
  return groups;
}
