/** Work that the server refused: what a person can make of it. Pure. */
import {
  fold,
  isDeleted,
  isDone,
  MADE,
  type Mark,
  type Operation,
  type Put,
  type Refused,
} from './core';

/** What else can be done with refused work, besides keeping it here, exporting and dropping it. */
export type Choice =
  /** Two texts: the server's, mine, or both. */
  | 'conflict'
  /** Taken away meanwhile: bring it back with my change. */
  | 'restore'
  /** Its layer is closed to me: what I made there goes to my own layer. */
  | 'own'
  /** Send it again as it is. */
  | 'again'
  /** Sending it again would be refused again. */
  | 'none';

/** Refusals that a second try meets again, whatever happens meanwhile. */
const FINAL = ['not_yours', 'taken_away', 'unknown_annotation', 'id_taken', 'too_large'];
const CLOSED = ['revoked', 'forbidden'];

/** The mark as it lies on one's own layer by now, because its layer was deleted; else undefined. */
type Home = (id: string) => Mark | undefined;
const nowhere: Home = () => undefined;

export function choiceFor({ code, ops }: Refused, home: Home = nowhere): Choice {
  if (code === 'conflict') return 'conflict';
  if (code === 'deleted') return 'restore';
  if (CLOSED.includes(code)) {
    return ops.some((op) => isPut(op) || home(op.id)) ? 'own' : 'again';
  }
  return FINAL.includes(code) ? 'none' : 'again';
}

/** Refused work as a person decides on it: what was refused because of it goes with it. */
export interface RefusedGroup {
  /** The whole of it, in its order. */
  readonly refused: Refused;
  /** The items it is made of, the first included. */
  readonly keys: readonly string[];
}

/**
 * Changes of a mark that was refused itself belong to it: a text written offline is a new mark and
 * a change for every pause, refused one by one.
 */
export function grouped(list: readonly Refused[]): RefusedGroup[] {
  const groups: RefusedGroup[] = [];
  /** Which group a new mark was refused with. */
  const madeIn = new Map<string, number>();
  for (const one of list) {
    const [at] = one.ops.map((op) => (isPut(op) ? undefined : madeIn.get(`${one.layer} ${op.id}`)));
    const before = at === undefined ? undefined : groups[at];
    const together =
      before !== undefined &&
      isLike(one, before.refused) &&
      one.ops.every((op) => !isPut(op) && madeIn.get(`${one.layer} ${op.id}`) === at);
    if (at !== undefined && together) {
      const refused = { ...before.refused, ops: [...before.refused.ops, ...one.ops] };
      groups[at] = { refused, keys: [...before.keys, one.key] };
      continue;
    }
    for (const op of one.ops) if (isPut(op)) madeIn.set(`${one.layer} ${op.id}`, groups.length);
    groups.push({ refused: one, keys: [one.key] });
  }
  return groups;
}

/** Refused on the same layer for the same reason. */
function isLike(one: Refused, other: Refused): boolean {
  if (one.layer !== other.layer) return false;
  return one.code === other.code || (CLOSED.includes(one.code) && CLOSED.includes(other.code));
}

/** Codes of a message that breaks a rule: to a person they all say the same. */
const MALFORMED = [
  ...['wrong_type', 'missing', 'unknown_field', 'unknown_op', 'unknown_kind', 'unknown_message'],
  ...['bad_id', 'bad_text', 'bad_ink', 'out_of_range', 'not_finite', 'too_many'],
];

/** The key of the words for a refusal. */
export function reasonOf(code: string): string {
  return `marks.refused.${MALFORMED.includes(code) ? 'malformed' : code}`;
}

/** The words in refused work that are mine: of each mark the last. */
export function myWords({ ops }: Refused): string {
  return fold(ops)
    .flatMap((op) => ('body' in op && op.body ? [op.body] : []))
    .join('\n');
}

/** The words that the server has instead. */
export function theirWords({ serverValue }: Refused): string {
  return serverValue && !isDeleted(serverValue) ? (serverValue.body ?? '') : '';
}

/** Both texts in one note, the server's first; nothing is said twice. */
export function both(refused: Refused): Pick<Refused, 'layer' | 'ops'> {
  const theirs = theirWords(refused);
  const ops = fold(refused.ops).map((op) => {
    if (op.op !== 'patch' || op.body === undefined || op.body.includes(theirs)) return op;
    return { ...op, body: theirs.includes(op.body) ? theirs : `${theirs}\n\n${op.body}` };
  });
  return { layer: refused.layer, ops };
}

/**
 * New marks of a layer that is closed now, made anew on one's own, as they were last. Answers become
 * notes, because what they answered is not there. A mark that has come home is not made twice: what
 * was to be done to it, or typed after it, is done there, on top of it as it was made.
 */
export function onOwnLayer(
  refused: Refused,
  own: string,
  newId: (created: number) => string,
  home: Home = nowhere,
): Pick<Refused, 'layer' | 'ops'> {
  const left = refused.ops.flatMap((op): Operation[] => {
    const there = home(op.id);
    return isPut(op) && there ? wordsLeft(op, there) : [op];
  });
  const ops = fold(left).flatMap((op): Operation[] => {
    if (!isPut(op)) {
      return home(op.id) ? [{ ...op, base_rev: Math.max(op.base_rev, MADE) }] : [];
    }
    const mark = { ...op, id: newId(op.created) };
    delete mark.reply_to;
    return [mark];
  });
  return { layer: own, ops };
}

/** Everything of it has come home, as it was last: there is nothing to decide. */
export function isHome(refused: Refused, home: Home): boolean {
  if (!CLOSED.includes(refused.code) || !refused.ops.every((op) => home(op.id))) return false;
  const { ops } = onOwnLayer(refused, '', (created) => String(created), home);
  return ops.every((op) => isDone(op, home(op.id)));
}

/** A new mark may have been sent twice, with more words the second time, and the first came through. */
function wordsLeft({ id, body = '' }: Put, there: Mark): Operation[] {
  return body === (there.body ?? '') ? [] : [{ op: 'patch', id, base_rev: MADE, body }];
}

/** The new marks in refused work, as they were last. */
export function marksIn({ ops }: Refused): Mark[] {
  return fold(ops)
    .filter(isPut)
    .map((put) => ({ ...put, rev: 0, seq: 0, author: '', modified: put.created }));
}

/** The document's version that refused work was made on; undefined when it does not say. */
export function versionOf({ ops }: Refused): string | undefined {
  return ops.find(isPut)?.version;
}

/** The page it is about, from 0. */
export function pageOf({ ops, serverValue }: Refused): number | undefined {
  const said = ops.find((op) => 'page' in op && op.page !== undefined) as Put | undefined;
  return said?.page ?? (serverValue && !isDeleted(serverValue) ? serverValue.page : undefined);
}

function isPut(op: Operation): op is Put {
  return op.op === 'put';
}
