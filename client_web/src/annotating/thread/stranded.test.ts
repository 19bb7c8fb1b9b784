// @vitest-environment node
import { expect, test } from 'vitest';
import type { Mark } from '../core';
import { strandedAnswers } from './stranded';

function mark(id: string, author: string, more: Partial<Mark> = {}): Mark {
  return { id, author, kind: 'note', created: 1, page: 0, ...more } as Mark;
}

const QUESTION = mark('q', 'lan');
const answer = (id: string, author: string, created = 2): Mark =>
  mark(id, author, { reply_to: 'q', created });

test('an answer is stranded while its mark is gone, for its author alone', () => {
  const said = [answer('b', 'minh', 3), answer('a', 'minh', 2), answer('c', 'chi')];
  expect(strandedAnswers([QUESTION, ...said], 'minh')).toEqual([]);
  expect(strandedAnswers(said, 'minh').map(({ id }) => id)).toEqual(['a', 'b']);
  expect(strandedAnswers(said, 'lan')).toEqual([]);
  expect(strandedAnswers([mark('own', 'minh'), ...said.slice(2)], 'minh')).toEqual([]);
});

test('two answers of one moment keep one order', () => {
  const said = [answer('b', 'minh'), answer('a', 'minh')];
  expect(strandedAnswers(said, 'minh').map(({ id }) => id)).toEqual(['a', 'b']);
});
