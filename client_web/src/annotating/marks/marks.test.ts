import { expect, test } from 'vitest';
import { encodeInk, inkToText, type Mark } from '../core';
import { segmentMeetsBox, segmentsNear } from './box';
import { shapeOf, touches } from './mark-shape';
import { PageMarks } from './page-marks';
import { PagePainter } from './page-painter';
import { SpatialIndex } from './spatial-index';

let made = 0;
function mark(part: Partial<Mark>): Mark {
  made += 1;
  return {
    id: `m${made}`,
    version: 'v',
    page: 0,
    kind: 'ink',
    rev: 1,
    seq: made,
    author: 'lan',
    created: 0,
    modified: 0,
    geometry: {},
    style: { color: '#c62828', width: 2 },
    ...part,
  };
}

const stroke = (xs: number[], ys: number[]) => inkToText(encodeInk(xs, ys));

test('segments meet boxes and one another', () => {
  expect(segmentMeetsBox(0, 0, 10, 10, [4, 4, 6, 6])).toBe(true);
  expect(segmentMeetsBox(0, 0, 3, 3, [4, 4, 6, 6])).toBe(false);
  expect(segmentMeetsBox(5, 5, 5, 5, [4, 4, 6, 6])).toBe(true);
  expect(segmentMeetsBox(0, 5, 10, 5, [4, 4, 6, 6])).toBe(true);
  expect(segmentMeetsBox(0, 7, 10, 7, [4, 4, 6, 6])).toBe(false);
  expect(segmentsNear(0, 0, 10, 0, 5, -5, 5, 5, 0)).toBe(true);
  expect(segmentsNear(0, 0, 10, 0, 5, 3, 5, 8, 2)).toBe(false);
  expect(segmentsNear(0, 0, 10, 0, 5, 3, 5, 8, 3)).toBe(true);
});

test('the index finds what lies near, forgets what left, and keeps what is wide', () => {
  const index = new SpatialIndex();
  index.set('a', [10, 10, 20, 20]);
  index.set('b', [300, 300, 320, 310]);
  index.set('page', [-5000, -5000, 5000, 5000]);
  expect(index.query([0, 0, 30, 30]).sort()).toEqual(['a', 'page']);
  index.set('a', [400, 400, 410, 410]);
  expect(index.query([0, 0, 30, 30])).toEqual(['page']);
  index.delete('page');
  expect(index.query([0, 0, 1000, 1000]).sort()).toEqual(['a', 'b']);
  expect(index.query([-9000, -9000, 9000, 9000]).sort()).toEqual(['a', 'b']);
  expect(index.size).toBe(2);
});

test('a stroke is touched where it is shown, not where it was drawn', () => {
  const ink = stroke([10, 50], [10, 10]);
  const here = shapeOf(mark({ ink, geometry: { rect: [10, 10, 50, 10] } }));
  expect(here.box).toEqual([9, 9, 51, 11]);
  expect(touches(here, 30, 0, 30, 20, 0)).toBe(true);
  expect(touches(here, 30, 14, 30, 14, 2)).toBe(false);
  expect(touches(here, 30, 14, 30, 14, 3)).toBe(true);
  const away = shapeOf(
    mark({ ink, geometry: { rect: [10, 110, 50, 110], matrix: [1, 0, 0, 1, 0, 100] } }),
  );
  expect(touches(away, 30, 0, 30, 20, 0)).toBe(false);
  expect(touches(away, 30, 100, 30, 120, 0)).toBe(true);
});

test('each kind of mark can be touched', () => {
  const highlight = mark({
    kind: 'highlight',
    geometry: { quads: [[10, 10, 60, 10, 10, 22, 60, 22]] },
  });
  expect(touches(shapeOf(highlight), 30, 15, 30, 15, 0)).toBe(true);
  expect(touches(shapeOf(highlight), 70, 15, 70, 15, 5)).toBe(false);
  const note = mark({ kind: 'note', geometry: { point: [100, 100] } });
  expect(touches(shapeOf(note), 109, 112, 109, 112, 0)).toBe(true);
  const dot = mark({ ink: stroke([5], [5]), geometry: { rect: [5, 5, 5, 5] } });
  expect(touches(shapeOf(dot), 6, 6, 6, 6, 1)).toBe(true);
});

test('the painter keeps one element per mark and touches only what changed', () => {
  const host = document.createElement('div');
  const painter = new PagePainter(host);
  painter.place(600, 800, { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 });
  const a = mark({ ink: stroke([1, 9], [1, 9]), geometry: { rect: [1, 1, 9, 9] } });
  const b = mark({ kind: 'highlight', geometry: { quads: [[1, 1, 9, 1, 1, 5, 9, 5]] } });
  const of = (id: string) => host.querySelector(`[data-mark="${id}"]`);
  painter.show(
    new Map([
      [a.id, a],
      [b.id, b],
    ]),
  );
  const first = of(a.id);
  expect(first?.closest('svg')?.dataset['testid']).toBe('marks-over');
  expect(of(b.id)?.closest('svg')?.dataset['testid']).toBe('marks-under');
  const moved: Mark = {
    ...b,
    rev: 2,
    geometry: { quads: [[1, 11, 9, 11, 1, 15, 9, 15]] },
  };
  painter.show(
    new Map([
      [a.id, a],
      [b.id, moved],
    ]),
  );
  expect(of(a.id)).toBe(first);
  expect(of(b.id)?.getAttribute('d')).toBe('M1 11L9 11L9 15L1 15Z');
  painter.show(new Map([[b.id, moved]]));
  expect(of(a.id)).toBeNull();
  painter.close();
  expect(host.children).toHaveLength(0);
});

test('marks lie in one order, whether they come live, come back or are there at the opening', () => {
  const box = (part: Partial<Mark>) =>
    mark({ kind: 'rectangle', geometry: { rect: [0, 0, 9, 9] }, ...part });
  const theirs = ['t1', 't3', 't2'].map((id, i) => box({ id, created: [1, 3, 2][i] ?? 0 }));
  const own = ['o1', 'o2'].map((id, i) => box({ id, created: i }));
  const depthOf = ({ id }: Mark) => (id.startsWith('o') ? 1 : 0);
  const order = ['t1', 't2', 't3', 'o1', 'o2'];
  const all = [...theirs, ...own];

  const host = document.createElement('div');
  const painted = () =>
    [...host.querySelectorAll('[data-mark]')].map((one) => one.getAttribute('data-mark'));
  for (const arriving of [all, [...all].reverse()]) {
    host.replaceChildren();
    const painter = new PagePainter(host, depthOf);
    const marks = new Map<string, Mark>();
    painter.show(marks);
    for (const one of arriving) {
      marks.set(one.id, one);
      painter.change([one.id]);
    }
    expect(painted()).toEqual(order);
    // Deleted and restored, it lies where it lay; a date that the server puts right counts.
    marks.delete('t2');
    painter.change(['t2']);
    expect(painted()).toEqual(['t1', 't3', 'o1', 'o2']);
    marks.set('t2', box({ id: 't2', created: 2 }));
    painter.change(['t2']);
    expect(painted()).toEqual(order);
    marks.set('t2', box({ id: 't2', created: 9 }));
    painter.change(['t2']);
    expect(painted()).toEqual(['t1', 't3', 't2', 'o1', 'o2']);
    painter.close();
  }
});

test('a mark painted anew under a hand goes on looking as the hand has made it', () => {
  const host = document.createElement('div');
  let depth = 0;
  const painter = new PagePainter(host, () => depth);
  const box = (id: string, created = 0) =>
    mark({ id, kind: 'rectangle', geometry: { rect: [0, 0, 9, 9] }, created });
  const marks = new Map(['faded', 'cut', 'dragged', 'other'].map((id) => [id, box(id)]));
  const looks = () =>
    [...host.querySelectorAll<SVGElement>('[data-mark]')].map((one) => [
      one.getAttribute('data-mark'),
      one.classList.contains('dimmed') && 'dimmed',
      one.getAttribute('visibility'),
      one.style.translate,
    ]);
  painter.show(marks);
  painter.dim(new Set(['faded']));
  painter.hide(new Set(['cut']));
  painter.shift(new Set(['dragged']), 5, 6);
  const before = looks();
  expect(before.flat().filter(Boolean)).toHaveLength(4 + 3);
  // The server puts their dates right; then their layer lies elsewhere among the others.
  for (const id of marks.keys()) marks.set(id, box(id, 5));
  painter.change([...marks.keys()]);
  expect(looks().sort()).toEqual([...before].sort());
  depth = 1;
  painter.show(marks);
  expect(looks().sort()).toEqual([...before].sort());
  // The hand is done: nothing of it sticks to what is painted later.
  painter.dim(new Set());
  painter.hide(new Set());
  painter.shift(new Set(['dragged']), 0, 0);
  for (const id of marks.keys()) marks.set(id, box(id, 6));
  painter.change([...marks.keys()]);
  expect(looks().flat().filter(Boolean)).toHaveLength(4);
});

test("a tap means what lies on top: one's own before what came later from another", () => {
  const line = (id: string, created: number) =>
    mark({ id, created, kind: 'line', geometry: { from: [0, 5], to: [10, 5] } });
  const marks = new PageMarks(({ id }) => (id === 'own' ? 1 : 0));
  marks.take([line('own', 1), line('theirs', 9), line('early', 2)]);
  expect(marks.at(5, 5, 2)?.id).toBe('own');
  marks.set('own', undefined);
  expect(marks.at(5, 5, 2)?.id).toBe('theirs');
});
