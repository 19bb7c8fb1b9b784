/** The addresses of the pages, behind the `#`: they work on any server and without one. */
import type { DocumentSpot } from '../meetings';

export type Route =
  | { page: 'home' }
  | { page: 'new-meeting' }
  | { page: 'meeting'; meetingId: string }
  | { page: 'document'; meetingId: string; documentId: string; at?: DocumentSpot }
  | { page: 'notes'; meetingId?: string; documentId?: string }
  | { page: 'about' }
  | { page: 'lost' };

const ID = '([0-9a-f-]{36})';
/** Page from 1, then a point of it. */
const SPOT = '([1-9][0-9]{0,5})/(-?[0-9]{1,5})/(-?[0-9]{1,5})';

function spotOf(page?: string, x?: string, y?: string): DocumentSpot | undefined {
  if (page === undefined) return undefined;
  return { page: Number(page) - 1, x: Number(x), y: Number(y) };
}

export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, '').replace(/\/+$/, '') || '/';
  if (path === '/') return { page: 'home' };
  if (path === '/meetings/new') return { page: 'new-meeting' };
  if (path === '/about') return { page: 'about' };
  const meeting = new RegExp(`^/meetings/${ID}$`).exec(path);
  if (meeting?.[1] !== undefined) return { page: 'meeting', meetingId: meeting[1] };
  const document = new RegExp(`^/meetings/${ID}/documents/${ID}(?:/at/${SPOT})?$`).exec(path);
  if (document?.[1] !== undefined && document[2] !== undefined) {
    const found = { page: 'document', meetingId: document[1], documentId: document[2] } as const;
    const at = spotOf(document[3], document[4], document[5]);
    return at === undefined ? found : { ...found, at };
  }
  if (path === '/notes') return { page: 'notes' };
  const notes = new RegExp(`^/notes/(meetings|documents)/${ID}$`).exec(path);
  if (notes?.[2] !== undefined) {
    const [, of, id] = notes;
    return { page: 'notes', ...(of === 'meetings' ? { meetingId: id } : { documentId: id }) };
  }
  return { page: 'lost' };
}
