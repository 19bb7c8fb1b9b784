/** Words of a discussion whose mark is gone: their author alone finds them. Pure. */
import type { Mark } from '../core';

/**
 * My answers whose mark is not among the marks of their layer, oldest first. The server says the
 * same of them (annotations/threads.py).
 * @param marks all marks of one layer.
 */
export function strandedAnswers(marks: Iterable<Mark>, me: string): Mark[] {
  const all = [...marks];
  const mine = all.filter(({ author, reply_to }) => author === me && reply_to !== undefined);
  if (mine.length === 0) return [];
  const there = new Set(all.map(({ id }) => id));
  return mine
    .filter(({ reply_to }) => reply_to !== undefined && !there.has(reply_to))
    .sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}
