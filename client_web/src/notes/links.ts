/** Addresses of the list: of all my marks, of a meeting, of a document. */
export interface NotesScope {
  meetingId?: string | undefined;
  documentId?: string | undefined;
}

export function notesHref({ meetingId, documentId }: NotesScope = {}): string {
  if (documentId !== undefined) return `#/notes/documents/${documentId}`;
  return meetingId === undefined ? '#/notes' : `#/notes/meetings/${meetingId}`;
}
