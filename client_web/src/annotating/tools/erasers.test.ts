import { beforeEach, expect, test } from 'vitest';
import type { PageViewport } from '../../documents';
import type { Edit, Mark } from '../core';
import { PageMarks } from '../marks/page-marks';
import { PagePainter } from '../marks/page-painter';
import type { WetCanvas } from '../pen/wet-canvas';
import { EraserWork } from './eraser-work';
import type { Desk, WorkPlace } from './place';
import { PointEraserWork } from './point-eraser-work';

const line = (id: string, y: number): Mark => ({
  id,
  version: 'v',
  page: 0,
  kind: 'line',
  rev: 1,
  seq: 1,
  author: 'lan',
  created: 0,
  modified: 0,
  geometry: { from: [0, y], to: [100, y] },
  style: { color: '#c62828', width: 1 },
});

let said: string[];
let edits: Edit[];
let away: string[];
let answered: string[];
let place: WorkPlace;

beforeEach(() => {
  [said, edits, away, answered] = [[], [], [], []];
  const marks = new PageMarks();
  const desk: Partial<Desk> = {
    mayErase: () => true,
    isAnswered: ({ id }) => answered.includes(id),
    takeAway: (ids) => void away.push(...ids),
    edit: (...parts) => void edits.push(...parts.flat()),
    birth: () => ({ id: `piece-${edits.length}`, version: 'v', page: 0, created: 0 }),
    say: (key) => void said.push(key),
  };
  marks.take([line('a', 10), line('b', 20)]);
  const painter = new PagePainter(document.createElement('div'));
  painter.show(marks.marks);
  place = {
    viewport: { scale: 1 } as PageViewport,
    marks,
    painter,
    wet: {} as WetCanvas,
    desk: desk as Desk,
  };
});

/** Wiping down over both lines in their middle. */
function wipe(
  Eraser: typeof EraserWork | typeof PointEraserWork,
  meanwhile: () => void = () => undefined,
): void {
  const at = (y: number) => ({ x: 50, y, pressure: null, at: 0 });
  const start = { tool: 'eraser', device: 'pen', point: at(0), adding: false } as const;
  const work = new Eraser(place, start);
  work.move([at(10), at(20), at(40)], []);
  meanwhile();
  work.end();
}

test('a part of an answered mark is not cut out, and it is said why', () => {
  answered = ['a'];
  wipe(PointEraserWork);
  expect(said).toEqual(['marks.answered.cut']);
  expect(edits.map((edit) => edit.op)).toEqual(['delete', 'put', 'put']);
  expect(edits[0]).toMatchObject({ id: 'b' });
});

test('without answers nothing is said and both are cut', () => {
  wipe(PointEraserWork);
  expect([said, edits.filter(({ op }) => op === 'delete').length]).toEqual([[], 2]);
});

test('what another device deleted or moved before the lift leaves no pieces at the old place', () => {
  wipe(PointEraserWork, () => {
    place.marks.set('a', undefined);
    place.marks.set('b', { ...line('b', 90), rev: 2 });
  });
  expect([said, edits]).toEqual([[], []]);
});

test('what another device coloured or answered meanwhile is cut as it is now, or not at all', () => {
  wipe(PointEraserWork, () => {
    place.marks.set('a', { ...line('a', 10), rev: 2, style: { color: '#1c4f8c', width: 1 } });
    answered = ['b'];
  });
  expect(said).toEqual(['marks.answered.cut']);
  expect(edits.map(({ op, id }) => (op === 'delete' ? id : op))).toEqual(['a', 'put', 'put']);
  expect(edits[1]).toMatchObject({ style: { color: '#1c4f8c' } });
});

test('the stroke eraser leaves it to the desk to ask before answers go', () => {
  wipe(EraserWork);
  expect([away.sort(), edits]).toEqual([['a', 'b'], []]);
});
