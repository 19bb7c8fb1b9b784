export const meetingHref = (meetingId: string): string => `#/meetings/${meetingId}`;

/** A place in a document: page index, and a point of page space. */
export interface DocumentSpot {
  page: number;
  x: number;
  y: number;
}

export function documentHref(meetingId: string, documentId: string, at?: DocumentSpot): string {
  const document = `#/meetings/${meetingId}/documents/${documentId}`;
  if (at === undefined) return document;
  return `${document}/at/${at.page + 1}/${Math.round(at.x)}/${Math.round(at.y)}`;
}
