/**
 * Refused work as marks that a file can hold (docs/decisions/refused-0001). Pure.
 *
 * A new mark goes out as it was last. A change goes out as the mark it makes of the one that is
 * known here; where none is known its words go out as a note. What has no content of its own, a
 * deletion or a colour of a mark that is gone, has nothing to be kept. Answers and the other text of
 * a conflict are notes beside what they are about: an answer on one's own layer is shown nowhere.
 */
import { fold, isDeleted, type Mark, type Operation, type Refused, type Spot } from '../core';
import { step } from '../core/replica';
import { choiceFor, grouped, theirWords, type RefusedGroup } from '../refused';
import type { OutgoingMark } from './write';

/** The marks for one version of one document. */
export interface RefusedPaper {
  readonly layer: string;
  /** Undefined where nothing in it says so. */
  readonly version: string | undefined;
  readonly marks: readonly OutgoingMark[];
}

export interface RefusedMarks {
  readonly papers: readonly RefusedPaper[];
  /** Changes that no file can hold. */
  readonly left: number;
}

/** What is known here of a mark that refused work is about. */
export type KnownMark = (layer: string, id: string) => Mark | undefined;

/** Beside the mark that it is about, and the place of words whose mark is gone, points. */
const BESIDE = 26;
const CORNER: Spot = [36, 36];
const NOTE_COLOR = '#ffd84d';

/**
 * @param theirs what is written above the server's words of a conflict, in the reader's language.
 */
export function refusedMarks(
  refused: readonly Refused[],
  known: KnownMark,
  theirs: string,
): RefusedMarks {
  const papers = new Map<string, { paper: RefusedPaper; marks: OutgoingMark[] }>();
  let left = 0;
  let homeless = 0;
  const beside = new Beside();
  const take = (layer: string, version: string | undefined, out: OutgoingMark): void => {
    const key = `${layer} ${version ?? ''}`;
    let found = papers.get(key);
    if (found === undefined) {
      const marks: OutgoingMark[] = [];
      papers.set(key, (found = { paper: { layer, version, marks }, marks }));
    }
    found.marks.push(out);
  };
  for (const group of grouped(refused)) {
    const { layer } = group.refused;
    const own = byMark(group);
    let taken = 0;
    for (const [id, ops] of own) {
      const made = ops.some(({ op }) => op === 'put');
      const base = made ? undefined : baseOf(group, id, known);
      const mark = ops.reduce((state, op) => step(state, op, ''), {
        mark: base,
        content: base,
      }).mark;
      const name = nameOf(group, id, ops);
      if (mark !== undefined && says(ops, base)) {
        const out = mark.reply_to === undefined ? mark : beside.note(mark, mark.body ?? '');
        take(layer, mark.version, { mark: out, name });
        const text = choiceFor(group.refused) === 'conflict' ? theirWords(group.refused) : '';
        if (text !== '') {
          const note = beside.note(mark, `${theirs}\n${text}`);
          take(layer, mark.version, { mark: note, name: `${name}.server` });
        }
        taken += 1;
        continue;
      }
      // Words that were thrown away with their mark are nobody's loss.
      if (ops.at(-1)?.op === 'delete') continue;
      const body = ops.flatMap((op) => ('body' in op && op.body ? [op.body] : [])).at(-1);
      if (body === undefined || mark !== undefined) continue;
      take(layer, undefined, { mark: words(id, body, CORNER[1] + BESIDE * homeless++), name });
      taken += 1;
    }
    left += own.size - taken;
  }
  return { papers: together(papers), left };
}

/** Words whose version nobody knows go with the other marks of their layer, where there are any. */
function together(
  papers: ReadonlyMap<string, { paper: RefusedPaper; marks: OutgoingMark[] }>,
): RefusedPaper[] {
  const all = [...papers.values()];
  const whole: RefusedPaper[] = [];
  for (const { paper, marks } of all) {
    const home =
      paper.version === undefined
        ? all.find((one) => one.paper.layer === paper.layer && one.paper.version !== undefined)
        : undefined;
    if (home) home.marks.push(...marks);
    else whole.push(paper);
  }
  return whole;
}

function byMark({ refused }: RefusedGroup): Map<string, Operation[]> {
  const found = new Map<string, Operation[]>();
  for (const op of fold(refused.ops)) found.set(op.id, [...(found.get(op.id) ?? []), op]);
  return found;
}

function baseOf({ refused }: RefusedGroup, id: string, known: KnownMark): Mark | undefined {
  const { serverValue } = refused;
  const told = serverValue && !isDeleted(serverValue) && serverValue.id === id;
  return told ? serverValue : known(refused.layer, id);
}

/** Something of this is seen in a file: a mark made, or one that looks or reads differently. */
function says(ops: readonly Operation[], base: Mark | undefined): boolean {
  return ops.some(
    (op) =>
      op.op === 'put' ||
      (op.op === 'patch' &&
        base !== undefined &&
        (op.body !== undefined || op.geometry !== undefined || op.style !== undefined)),
  );
}

/** A new mark keeps its name, so that it is not added where it lies already; a change of a mark is
 * another mark than the one that is there. */
function nameOf({ refused }: RefusedGroup, id: string, ops: readonly Operation[]): string {
  const made = ops.some(({ op }) => op === 'put') && refused.code !== 'id_taken';
  return made ? id : `${id}.${refused.key}`;
}

/** Notes beside a mark, none over another. */
class Beside {
  private readonly counts = new Map<string, number>();

  note(mark: Mark, body: string): Mark {
    const [x, y] = cornerOf(mark);
    const place = `${mark.page} ${x} ${y}`;
    const count = (this.counts.get(place) ?? 0) + 1;
    this.counts.set(place, count);
    // To the left, where a page has text or a margin, but not over its edge.
    const left = x - BESIDE * count;
    const point: Spot = [left > BESIDE ? left : x + BESIDE * count, y];
    const { id, version, page, created, modified, kind } = mark;
    const { rotate } = mark.geometry;
    const turn = kind === 'note' && rotate !== undefined && { rotate };
    return {
      ...words(id, body, y),
      version,
      page,
      created,
      modified,
      geometry: { point, ...turn },
    };
  }
}

function cornerOf({ geometry: { point, rect, quads, from } }: Mark): Spot {
  if (point) return point;
  if (rect) return [rect[0], rect[1]];
  if (quads?.[0]) return [quads[0][0], quads[0][1]];
  return from ?? CORNER;
}

/** Words without a mark. */
function words(id: string, body: string, y: number): Mark {
  return {
    id,
    version: '',
    page: 0,
    kind: 'note',
    rev: 0,
    seq: 0,
    author: '',
    created: 0,
    modified: 0,
    geometry: { point: [CORNER[0], y] },
    style: { color: NOTE_COLOR },
    body,
  };
}
