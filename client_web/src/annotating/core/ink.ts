/**
 * Ink format 1: the layout and its reasons stand in annotations/ink.py; both languages share
 * tests/contract/vectors/ink.json, bit for bit.
 */
import { MAX_COORDINATE, MAX_INK_BYTES, MAX_POINTS } from './limits';
import type { Mark } from './model';

/** A decoded stroke: points of page space, pressure 0…1, ms since its first point. */
export interface Stroke {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly pressure: Float64Array | null;
  readonly times: Float64Array | null;
}

/** The stroke cannot be encoded or decoded. */
export class BadInk extends Error {
  readonly code: 'bad_ink' | 'out_of_range' | 'too_large';
  constructor(code: 'bad_ink' | 'out_of_range' | 'too_large') {
    super(code);
    this.code = code;
  }
}

const HAS_PRESSURE = 1;
const HAS_TIME = 2;

/** The nearest binary16, ties to even, as its bits (`Math.f16round` is too new for our tablets). */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const abs = Math.abs(value);
  if (abs < 2 ** -14) return sign | roundEven(abs * 2 ** 24);
  const exponent = Math.min(Math.floor(Math.log2(abs)), 15);
  // log2 may land one off at a power of two.
  const e =
    abs < 2 ** exponent ? exponent - 1 : abs >= 2 ** (exponent + 1) ? exponent + 1 : exponent;
  const bits = ((e + 15) << 10) + roundEven((abs / 2 ** e - 1) * 1024);
  return sign | Math.min(bits, 0x7c00);
}

function roundEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest > 0.5 || (rest === 0.5 && low % 2 === 1)) return low + 1;
  return low;
}

const HALF_UNITS = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * (HALF_UNITS[exponent] as number);
}

/** @throws BadInk when lengths differ, a number is not finite or out of range, or it is too long. */
export function encodeInk(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  pressure: ArrayLike<number> | null = null,
  times: ArrayLike<number> | null = null,
): Uint8Array<ArrayBuffer> {
  const n = xs.length;
  if (n < 1 || n > MAX_POINTS || ys.length !== n) throw new BadInk('bad_ink');
  if ((pressure !== null && pressure.length !== n) || (times !== null && times.length !== n)) {
    throw new BadInk('bad_ink');
  }
  const size = 12 + 4 * (n - 1) + (pressure ? n : 0) + (times ? 2 * (n - 1) : 0);
  if (size > MAX_INK_BYTES) throw new BadInk('too_large');
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, (pressure ? HAS_PRESSURE : 0) | (times ? HAS_TIME : 0));
  view.setUint16(2, n, true);
  view.setFloat32(4, within(xs[0]), true);
  view.setFloat32(8, within(ys[0]), true);
  let x = view.getFloat32(4, true);
  let y = view.getFloat32(8, true);
  let at = 12;
  for (let i = 1; i < n; i++, at += 4) {
    const dx = toHalf(within(xs[i]) - x);
    const dy = toHalf(within(ys[i]) - y);
    // Rounding may carry a point at the very edge over it.
    x = within(x + fromHalf(dx));
    y = within(y + fromHalf(dy));
    view.setUint16(at, dx, true);
    view.setUint16(at + 2, dy, true);
  }
  if (pressure) {
    for (let i = 0; i < n; i++, at++) {
      bytes[at] = Math.min(255, Math.max(0, Math.floor((pressure[i] ?? 0) * 255 + 0.5)));
    }
  }
  if (times) {
    for (let i = 1; i < n; i++, at += 2) {
      const gap = Math.round((times[i] ?? 0) - (times[i - 1] ?? 0));
      view.setUint16(at, Math.min(65_535, Math.max(0, gap)), true);
    }
  }
  return bytes;
}

function within(value: number | undefined): number {
  if (value === undefined || !(Math.abs(value) <= MAX_COORDINATE)) throw new BadInk('out_of_range');
  return value;
}

/** @throws BadInk when the bytes are not one whole stroke. */
export function decodeInk(bytes: Uint8Array): Stroke {
  if (bytes.length < 12) throw new BadInk('bad_ink');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(1);
  const n = view.getUint16(2, true);
  const size =
    12 + 4 * (n - 1) + (flags & HAS_PRESSURE ? n : 0) + (flags & HAS_TIME ? 2 * (n - 1) : 0);
  if (view.getUint8(0) !== 1 || flags > 3 || n < 1 || n > MAX_POINTS || bytes.length !== size) {
    throw new BadInk('bad_ink');
  }
  const xs = new Float64Array(n);
  const ys = new Float64Array(n);
  let x = (xs[0] = view.getFloat32(4, true));
  let y = (ys[0] = view.getFloat32(8, true));
  let at = 12;
  for (let i = 1; i < n; i++, at += 4) {
    x += fromHalf(view.getUint16(at, true));
    y += fromHalf(view.getUint16(at + 2, true));
    xs[i] = x;
    ys[i] = y;
  }
  let pressure: Float64Array | null = null;
  if (flags & HAS_PRESSURE) {
    pressure = new Float64Array(n);
    for (let i = 0; i < n; i++, at++) pressure[i] = view.getUint8(at) / 255;
  }
  let times: Float64Array | null = null;
  if (flags & HAS_TIME) {
    times = new Float64Array(n);
    for (let i = 1; i < n; i++, at += 2) times[i] = (times[i - 1] ?? 0) + view.getUint16(at, true);
  }
  return { xs, ys, pressure, times };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** By character code, all there are: no check of bounds while 10,000 strokes are decoded. */
const VALUES = new Int8Array(65_536).fill(-1);
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

function valueAt(text: string, i: number): number {
  return VALUES[text.charCodeAt(i)] as number;
}

/** Base64url without padding (RFC 4648 §5); the DOM's btoa is not part of this core. */
export function inkToText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    const word = ((bytes[i] ?? 0) << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    if (b !== undefined) text += ALPHABET.charAt((word >> 6) & 63);
    if (c !== undefined) text += ALPHABET.charAt(word & 63);
  }
  return text;
}

/** @throws BadInk for a character or a length that base64url does not have. */
export function inkFromText(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw new BadInk('bad_ink');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  const whole = text.length - (text.length % 4);
  let seen = 0;
  let at = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = valueAt(text, i);
    const b = valueAt(text, i + 1);
    const c = valueAt(text, i + 2);
    const d = valueAt(text, i + 3);
    seen |= a | b | c | d;
    bytes[at] = (a << 2) | (b >> 4);
    bytes[at + 1] = (b << 4) | (c >> 2);
    bytes[at + 2] = (c << 6) | d;
    at += 3;
  }
  if (whole < text.length) {
    const a = valueAt(text, whole);
    const b = valueAt(text, whole + 1);
    const c = whole + 2 < text.length ? valueAt(text, whole + 2) : 0;
    seen |= a | b | c;
    bytes[at] = (a << 2) | (b >> 4);
    if (at + 1 < bytes.length) bytes[at + 1] = (b << 4) | (c >> 2);
  }
  // One sign for all: -1 stands for a character that base64url does not have.
  if (seen < 0) throw new BadInk('bad_ink');
  return bytes;
}

const decoded = new WeakMap<Mark, Stroke>();
const EMPTY: Stroke = {
  xs: new Float64Array(0),
  ys: new Float64Array(0),
  pressure: null,
  times: null,
};

/** The stroke of an ink mark, before its matrix; empty for other kinds. Decoded once per mark. */
export function strokeOf(mark: Mark): Stroke {
  if (mark.ink === undefined) return EMPTY;
  let stroke = decoded.get(mark);
  if (stroke === undefined) {
    stroke = decodeInk(inkFromText(mark.ink));
    decoded.set(mark, stroke);
  }
  return stroke;
}
