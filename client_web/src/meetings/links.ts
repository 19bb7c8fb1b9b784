export const meetingHref = (meetingId: string): string => `#/meetings/${meetingId}`;

export const documentHref = (meetingId: string, documentId: string): string =>
  `#/meetings/${meetingId}/documents/${documentId}`;
