/** What the list of my marks is asked for. Pure. */
import { fold } from '../i18n';
import type { MyMark } from '../wire';

export const GROUPS = ['note', 'text', 'drawing', 'stamp'] as const;
export type Group = (typeof GROUPS)[number];

export interface Filter {
  /** '' means all. */
  meeting: string;
  document: string;
  kind: Group | '';
  sought: string;
}

export const EVERYTHING: Filter = { meeting: '', document: '', kind: '', sought: '' };

/** As the query of `GET /api/me/marks`. */
export function queryOf(filter: Filter, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  const { meeting, document, kind, sought } = filter;
  const given = { meeting, document, kind, q: sought.trim(), ...more };
  for (const [name, value] of Object.entries(given)) if (value !== '') query.set(name, value);
  return query.toString();
}

const TEXT: readonly string[] = ['highlight', 'underline', 'strikeout', 'squiggly'];

function isOf(group: Group, { kind, body }: Pick<MyMark, 'kind' | 'body'>): boolean {
  switch (group) {
    case 'note':
      return kind === 'note' || kind === 'free_text' || body !== '';
    case 'text':
      return TEXT.includes(kind);
    case 'stamp':
      return kind === 'stamp';
    case 'drawing':
      return !TEXT.includes(kind) && !['note', 'free_text', 'stamp'].includes(kind);
  }
}

/** The same on the tablet, for what lies there. */
export function fits(filter: Filter, row: MyMark, meetingId: string): boolean {
  if (filter.meeting !== '' && filter.meeting !== meetingId) return false;
  if (filter.document !== '' && filter.document !== row.document_id) return false;
  if (filter.kind !== '' && !isOf(filter.kind, row)) return false;
  const needle = fold(filter.sought.trim());
  return needle === '' || fold(`${row.quote}\n${row.body}\n${row.stamp}`).includes(needle);
}
