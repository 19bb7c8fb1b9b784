/** The addresses of the pages, behind the `#`: they work on any server and without one. */
export type Route =
  | { page: 'home' }
  | { page: 'new-meeting' }
  | { page: 'meeting'; meetingId: string }
  | { page: 'document'; meetingId: string; documentId: string }
  | { page: 'about' }
  | { page: 'lost' };

const ID = '([0-9a-f-]{36})';

export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, '').replace(/\/+$/, '') || '/';
  if (path === '/') return { page: 'home' };
  if (path === '/meetings/new') return { page: 'new-meeting' };
  if (path === '/about') return { page: 'about' };
  const meeting = new RegExp(`^/meetings/${ID}$`).exec(path);
  if (meeting?.[1] !== undefined) return { page: 'meeting', meetingId: meeting[1] };
  const document = new RegExp(`^/meetings/${ID}/documents/${ID}$`).exec(path);
  if (document?.[1] !== undefined && document[2] !== undefined) {
    return { page: 'document', meetingId: document[1], documentId: document[2] };
  }
  return { page: 'lost' };
}
