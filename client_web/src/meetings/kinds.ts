import type { MeetingKind, MeetingState, ParticipantRole } from '../wire';

export const MEETING_KINDS: readonly MeetingKind[] = [
  'regular',
  'thematic',
  'extraordinary',
  'council',
  'briefing',
  'conference',
  'party',
];

export const ROLES: readonly ParticipantRole[] = ['chair', 'secretary', 'delegate', 'guest'];

/** The names that official papers carry; stored as written here, in every language. */
export const DOCUMENT_KINDS: readonly string[] = [
  'Tờ trình',
  'Báo cáo',
  'Dự thảo nghị quyết',
  'Báo cáo thẩm tra',
  'Chương trình',
  'Giấy mời',
  'Tham luận',
  'Phiếu lấy ý kiến',
  'Biên bản',
  'Thông báo kết luận',
];

/** What may be done next, one step at a time (server/meetings/rules.py). */
export type Step = 'issue' | 'open' | 'close';

export function nextStep(state: MeetingState): Step | null {
  switch (state) {
    case 'draft':
      return 'issue';
    case 'issued':
      return 'open';
    case 'in_session':
      return 'close';
    case 'closed':
      return null;
  }
}

/** A title to start with, from the name of a file: "01_To-trinh so 5.pdf" → "To-trinh so 5". */
export function titleOf(fileName: string): string {
  const bare = fileName.normalize('NFC').replace(/\.pdf$/i, '');
  return bare
    .replace(/_+/g, ' ')
    .replace(/^\s*\d{1,2}[\s.)-]+/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}
