/** The list of my marks: grouped by page, strokes drawn in one go together. Pure. */
import { fold } from '../i18n';
import type { Kind, Mark } from './core';
import { boxOfGeometry, join, type Box } from './marks/box';
import { stampWords } from './marks/stamps';

export interface ListEntry {
  /** The mark to jump to: of a scribble the stroke drawn last. */
  mark: Mark;
  /** All marks of the entry: several strokes of one scribble are one line of the list. */
  ids: string[];
  kind: Kind;
  quote: string;
  body: string;
  /** What a stamp says. */
  stamp: string;
  color: string;
  author: string;
  /** The layer it lies on. */
  layer: string;
  resolved: boolean;
  /** How many answers it has. */
  answers: number;
  /** What it covers, page space. */
  box: Box;
  /** When its first mark was made, ms since 1970. */
  begun: number;
}

export interface ListPage {
  page: number;
  entries: ListEntry[];
}

/** Strokes that begin within this time of each other … */
const TOGETHER_MS = 20_000;
/** … and within this distance belong to one scribble, points. */
const TOGETHER_PT = 60;
/** Scribbles of one hand, kind and place that a stroke is compared with. */
const LOOK_BACK = 8;
/** Strokes in one scribble; more become another line. */
const STROKES = 400;
const INKS: readonly Kind[] = ['ink', 'highlighter'];

export function quoteOf(mark: Mark): string {
  const quote = mark.anchor?.find((part) => part.type === 'TextQuoteSelector');
  return quote?.type === 'TextQuoteSelector' ? quote.exact : '';
}

/** @param layerOf the layer on which a mark lies. */
export function listOf(
  marks: readonly Mark[],
  layerOf: (mark: Mark) => string = () => '',
): ListPage[] {
  const pages = new Map<number, Mark[]>();
  const answers = new Map<string, number>();
  for (const mark of marks) {
    const { reply_to, page } = mark;
    if (reply_to !== undefined) answers.set(reply_to, (answers.get(reply_to) ?? 0) + 1);
    else if (pages.has(page)) pages.get(page)?.push(mark);
    else pages.set(page, [mark]);
  }
  return [...pages]
    .sort(([a], [b]) => a - b)
    .map(([page, on]) => {
      return { page, entries: entriesOf(on, layerOf, (id) => answers.get(id) ?? 0) };
    });
}

/**
 * The lines of one page, from top to bottom. Strokes are joined as the server joins them
 * (server/annotating/sketches.py, shared vectors in tests/contract/vectors/scribbles.json), so that
 * a list looks alike with and without a network.
 * @param roots the marks of the page that answer nothing.
 */
export function entriesOf(
  roots: readonly Mark[],
  layerOf: (mark: Mark) => string,
  answersTo: (id: string) => number,
): ListEntry[] {
  const entries: ListEntry[] = [];
  /** Scribbles that may go on. */
  const recent = new Map<string, ListEntry[]>();
  for (const mark of [...roots].sort(asMade)) {
    const box = boxOfGeometry(mark.geometry);
    const layer = layerOf(mark);
    const said = answersTo(mark.id);
    const joins = INKS.includes(mark.kind) && (mark.body ?? '') === '' && said === 0;
    const where = [mark.version, mark.page, layer, mark.kind, mark.author].join(' ');
    const open = joins ? (recent.get(where) ?? []) : [];
    const last = open.findLast((entry) => takes(entry, mark, box));
    if (last) {
      last.ids.push(mark.id);
      last.mark = mark;
      last.box = join([last.box, box]);
      continue;
    }
    const entry: ListEntry = {
      mark,
      ids: [mark.id],
      kind: mark.kind,
      quote: quoteOf(mark),
      body: mark.body ?? '',
      stamp: mark.kind === 'stamp' ? stampWords(mark.style.stamp) : '',
      color: mark.style.color ?? '#1d2733',
      author: mark.author,
      layer,
      resolved: mark.resolved ?? false,
      answers: said,
      box,
      begun: mark.created,
    };
    entries.push(entry);
    if (joins) recent.set(where, [...open, entry].slice(-LOOK_BACK));
  }
  return entries.sort((a, b) => a.box[1] - b.box[1]);
}

/** In the order they were made, by the tablet's clock; one order also where the times are equal. */
function asMade(a: Mark, b: Mark): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

function takes(entry: ListEntry, mark: Mark, box: Box): boolean {
  if (entry.ids.length >= STROKES || mark.created - entry.mark.created > TOGETHER_MS) return false;
  const dx = Math.max(entry.box[0] - box[2], box[0] - entry.box[2], 0);
  const dy = Math.max(entry.box[1] - box[3], box[1] - entry.box[3], 0);
  return Math.hypot(dx, dy) <= TOGETHER_PT;
}

/** Entries whose words hold what is sought; marks and case do not matter. */
export function findIn(pages: readonly ListPage[], sought: string): readonly ListPage[] {
  const needle = fold(sought.trim());
  if (needle === '') return pages;
  return pages
    .map(({ page, entries }) => ({
      page,
      entries: entries.filter(({ quote, body, stamp }) =>
        fold(`${quote}\n${body}\n${stamp}`).includes(needle),
      ),
    }))
    .filter(({ entries }) => entries.length > 0);
}
