// @vitest-environment node
import { expect, test } from 'vitest';
import { fold } from './fold';
import type { Operation, Put } from './model';

const put = (id: string, body = ''): Put => ({
  op: 'put',
  id,
  version: 'v',
  page: 0,
  kind: 'note',
  created: 5,
  geometry: { point: [1, 2] },
  style: {},
  body,
});
const patch = (id: string, values: object, base_rev = 1): Operation => ({
  op: 'patch',
  id,
  base_rev,
  ...values,
});

test('patches go into the mark they change, and the order of the marks stays', () => {
  const ops = [
    put('a', 'm'),
    put('b'),
    patch('a', { body: 'một', resolved: true }),
    patch('a', { page: 2, geometry: { point: [3, 4] }, style: { width: 2 }, anchor: [] }),
  ];
  expect(fold(ops)).toEqual([
    {
      ...put('a', 'một'),
      page: 2,
      geometry: { point: [3, 4] },
      style: { width: 2 },
      anchor: [],
    },
    put('b'),
  ]);
});

test('a new mark that was deleted is none, and one that was brought back is one', () => {
  const gone: Operation = { op: 'delete', id: 'a', base_rev: 0 };
  expect(fold([put('a'), gone, patch('a', { body: 'x' })])).toEqual([]);
  expect(fold([put('a', 'x'), gone, { ...gone, op: 'restore' }])).toEqual([put('a', 'x')]);
});

test('patches of one mark become one; deletions and restorations stay as they are', () => {
  expect(fold([patch('a', { body: 'm' }, 1), patch('a', { body: 'một', page: 1 }, 3)])).toEqual([
    patch('a', { body: 'một', page: 1 }, 3),
  ]);
  const gone: Operation = { op: 'delete', id: 'a', base_rev: 2 };
  const ops = [patch('a', { body: 'm' }), gone, patch('a', { body: 'n' })];
  expect(fold(ops)).toEqual(ops);
});
