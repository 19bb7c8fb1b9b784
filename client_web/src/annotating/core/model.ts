/**
 * Marks and messages as they travel (docs/wire-annotations.md, annotations/model.py).
 * Page space: unrotated page, points, origin at the top left of the CropBox, x right, y down.
 */
export type Kind =
  | 'ink'
  | 'highlighter'
  | 'highlight'
  | 'underline'
  | 'strikeout'
  | 'squiggly'
  | 'note'
  | 'free_text'
  | 'rectangle'
  | 'ellipse'
  | 'line'
  | 'arrow'
  | 'stamp';

export type Box = [x0: number, y0: number, x1: number, y1: number];
export type Spot = [x: number, y: number];
/** x' = a·x + c·y + e, y' = b·x + d·y + f. */
export type Matrix = [a: number, b: number, c: number, d: number, e: number, f: number];
/** Top left, top right, bottom left, bottom right of the text as it is read. */
export type Quad = [number, number, number, number, number, number, number, number];
export type Turn = 0 | 90 | 180 | 270;

/** Which of these a mark has depends on its kind: see annotations/model.py. */
export interface Geometry {
  rect?: Box;
  matrix?: Matrix;
  quads?: Quad[];
  point?: Spot;
  from?: Spot;
  to?: Spot;
  rotate?: Turn;
}

export interface Style {
  /** "#rrggbb", lower case. */
  color?: string;
  fill?: string;
  /** Points. */
  width?: number;
  /** 0 … 1. */
  opacity?: number;
  /** Points. */
  font_size?: number;
  stamp?: string;
  icon?: string;
}

export type Selector =
  | { type: 'TextQuoteSelector'; exact: string; prefix: string; suffix: string }
  | { type: 'TextPositionSelector'; start: number; end: number }
  | { type: 'FragmentSelector'; value: string };

export type CarryState = 'exact' | 'moved' | 'fuzzy' | 'review' | 'orphan';

/** One living mark. Never changed in place: a new value is a new object. */
export interface Mark {
  readonly id: string;
  readonly version: string;
  /** From 0. */
  readonly page: number;
  readonly kind: Kind;
  /** 0 until the server has it. */
  readonly rev: number;
  readonly seq: number;
  readonly author: string;
  /** The author's name where the mark came with a file; `author` is then nobody's id. */
  readonly by?: string;
  /** ms since 1970. */
  readonly created: number;
  readonly modified: number;
  readonly geometry: Geometry;
  readonly style: Style;
  readonly body?: string;
  readonly resolved?: boolean;
  readonly reply_to?: string;
  readonly anchor?: Selector[];
  /** Base64url of format 1; `strokeOf` decodes. */
  readonly ink?: string;
  readonly carried_from?: string;
  readonly carry_state?: CarryState;
}

/** A deleted mark as the server tells it. */
export interface Tombstone {
  readonly id: string;
  readonly rev: number;
  readonly seq: number;
  readonly deleted: true;
}

export type Item = Mark | Tombstone;

export function isDeleted(item: Item): item is Tombstone {
  return 'deleted' in item;
}

export interface Put {
  op: 'put';
  id: string;
  version: string;
  page: number;
  kind: Kind;
  created: number;
  geometry: Geometry;
  style: Style;
  body?: string;
  anchor?: Selector[];
  ink?: string;
  reply_to?: string;
}

export interface PatchValues {
  page?: number;
  geometry?: Geometry;
  anchor?: Selector[];
  style?: Style;
  body?: string;
  resolved?: boolean;
}

export interface Patch extends PatchValues {
  op: 'patch';
  id: string;
  base_rev: number;
}

export interface Remove {
  op: 'delete' | 'restore';
  id: string;
  base_rev: number;
}

export type Operation = Put | Patch | Remove;

/** What a tool asks for; the core adds the `base_rev` the person saw, where it is not said: words
 * are written on those that were there when they were begun. */
export type Edit =
  Put | (Omit<Patch, 'base_rev'> & { base_rev?: number }) | Omit<Remove, 'base_rev'>;

export type ClientMessage =
  | { t: 'ann.open'; layer: string; cursor: number; page?: number }
  | { t: 'ann.close'; layer: string }
  | { t: 'ann.push'; outbox: string; op_no: number; layer: string; ops: Operation[] }
  | { t: 'ann.ephemeral'; layer: string; kind: string; data: object };

export interface Ack {
  t: 'ann.ack';
  op_no: number;
  layer: string;
  seqs: number[];
  revs: number[];
}

export interface Nack {
  t: 'ann.nack';
  op_no: number;
  code: string;
  index?: number;
  field?: string;
  server_value?: Item;
}

export interface Delta {
  t: 'ann.delta';
  layer: string;
  from: number;
  to: number;
  items: Item[];
  /** Further parts of the same answer follow. */
  more?: boolean;
}

export interface SnapshotPart {
  t: 'ann.snapshot';
  layer: string;
  seq: number;
  part: number;
  last: boolean;
  items: Mark[];
}

export type ServerMessage =
  | Ack
  | Nack
  | Delta
  | SnapshotPart
  | { t: 'ann.reset'; layer: string }
  | { t: 'ann.revoke'; layer: string }
  | { t: 'ann.ephemeral'; layer: string; kind: string; from: string; data: object };

/**
 * A UUIDv7 (RFC 9562 §5.7): ms since 1970, then random bits, so that ids sort by age.
 * @param random ten random bytes, e.g. `crypto.getRandomValues(new Uint8Array(10))`.
 */
export function uuid7(now: number, random: Uint8Array): string {
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0').slice(-12);
  const byte = (i: number): number => random[i] ?? 0;
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  const a = 0x7000 | ((byte(0) << 4) & 0xff0) | (byte(1) >> 4);
  const b = 0x8000 | ((byte(2) & 0x3f) << 8) | byte(3);
  let tail = '';
  for (let i = 4; i < 10; i++) tail += hex(byte(i), 2);
  return `${time.slice(0, 8)}-${time.slice(8)}-${hex(a, 4)}-${hex(b, 4)}-${tail}`;
}
