import { beforeEach, expect, test } from 'vitest';
import type { PageViewport, Word } from '../../documents';
import type { Put } from '../core';
import { PageMarks } from '../marks/page-marks';
import type { PagePainter } from '../marks/page-painter';
import type { WetCanvas } from '../pen/wet-canvas';
import type { Desk } from './place';
import { TextWork } from './text-work';
import { DEFAULT_STYLES } from './tools';

const WORDS = [
  { text: 'nguồn', x0: 10, y0: 10, x1: 50, y1: 22 },
  { text: 'vốn', x0: 55, y0: 10, x1: 80, y1: 22 },
] as unknown as Word[];

let made: Put[];
let said: string[];
let open: boolean;
let words: { read: (words: Word[]) => void; fail: () => void };

/** A drag over both words, whose page has not been read yet. */
function drag(): TextWork {
  const promise = new Promise<Word[]>((read, fail) => {
    words = { read, fail: () => fail(new Error('left')) };
  });
  const desk: Partial<Desk> = {
    style: (tool) => DEFAULT_STYLES[tool],
    birth: () => ({ id: 'm', version: 'v', page: 0, created: 0 }),
    later: () => (put) => {
      if (open) made.push(put);
      return open;
    },
    say: (key) => void said.push(key),
  };
  const page = { scale: 1, widthPt: 100, heightPt: 100, rotation: 0, pageIndex: 0 };
  const place = {
    viewport: { ...page, words: () => promise } as unknown as PageViewport,
    marks: new PageMarks(),
    painter: { preview: () => undefined } as unknown as PagePainter,
    wet: {} as WetCanvas,
    desk: desk as Desk,
  };
  const at = (x: number) => ({ x, y: 15, pressure: 0.5, at: x });
  const start = { tool: 'highlight', device: 'pen', point: at(12), adding: false } as const;
  const work = new TextWork(place, 'highlight', start);
  work.move([at(78)], []);
  return work;
}

/** Everything that was promised has happened. */
const rest = () => new Promise((done) => setTimeout(done));

beforeEach(() => {
  [made, said, open] = [[], [], true];
});

test('a highlight over a page that is read only after the lift is made then', async () => {
  drag().end();
  expect(made).toEqual([]);
  words.read(WORDS);
  await rest();
  expect(made).toHaveLength(1);
  expect(made[0]?.anchor).toMatchObject([{ exact: 'nguồn vốn' }, {}, {}]);
  expect(said).toEqual([]);
});

test('words that come after the document was left mark nothing that is open by then', async () => {
  drag().end();
  open = false;
  words.read(WORDS);
  await rest();
  expect([made, said]).toEqual([[], ['marks.textUnread']]);
});

test('a page whose words could not be read is not called a page without any', async () => {
  const work = drag();
  words.fail();
  await rest();
  work.end();
  expect([made, said]).toEqual([[], ['marks.textUnread']]);
  drag().end();
  words.read([]);
  await rest();
  expect(said).toEqual(['marks.textUnread', 'marks.noText']);
});

test('a drag that was broken off says and marks nothing', async () => {
  drag().cancel();
  words.read(WORDS);
  await rest();
  drag().cancel();
  words.fail();
  await rest();
  expect([made, said]).toEqual([[], []]);
});
