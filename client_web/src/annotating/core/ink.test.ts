// @vitest-environment node
import { describe, expect, it } from 'vitest';
import vectors from '../../../../tests/contract/vectors/ink.json';
import { BadInk, decodeInk, encodeInk, fromHalf, inkFromText, inkToText, toHalf } from './ink';
import { MAX_POINTS } from './limits';

describe('ink format 1', () => {
  for (const one of vectors) {
    it(`encodes and decodes as Python does: ${one.name}`, () => {
      const bytes = encodeInk(one.xs, one.ys, one.pressure, one.times);
      expect(inkToText(bytes)).toBe(one.ink);
      const stroke = decodeInk(inkFromText(one.ink));
      expect([...stroke.xs]).toEqual(one.decoded.xs);
      expect([...stroke.ys]).toEqual(one.decoded.ys);
      expect(stroke.pressure && [...stroke.pressure]).toEqual(one.decoded.pressure);
      expect(stroke.times && [...stroke.times]).toEqual(one.decoded.times);
    });
  }

  it('never lets rounding add up along a long stroke', () => {
    const xs = Array.from({ length: 5000 }, (_, i) => i * 0.1003);
    const ys = xs.map((x) => Math.sin(x) * 3);
    const stroke = decodeInk(encodeInk(xs, ys));
    expect(Math.abs((stroke.xs[4999] as number) - (xs[4999] as number))).toBeLessThan(1 / 512);
  });

  it('rounds every half float back to itself', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      expect(toHalf(fromHalf(bits))).toBe(bits);
      expect(toHalf(-fromHalf(bits)) & 0x7fff).toBe(bits);
    }
    expect(toHalf(1e9)).toBe(0x7c00);
    expect(fromHalf(0x7c00)).toBe(Infinity);
    expect(fromHalf(0x7e00)).toBeNaN();
  });

  it('refuses what is not a stroke', () => {
    const long = new Float64Array(MAX_POINTS + 1);
    const cases: Array<[() => unknown, string]> = [
      [() => encodeInk([], []), 'bad_ink'],
      [() => encodeInk([1], [1, 2]), 'bad_ink'],
      [() => encodeInk([1], [1], [1, 2]), 'bad_ink'],
      [() => encodeInk(long, long), 'bad_ink'],
      [() => encodeInk(long.slice(1), long.slice(1), long.slice(1)), 'too_large'],
      [() => encodeInk([NaN], [0]), 'out_of_range'],
      [() => encodeInk([0, Infinity], [0, 0]), 'out_of_range'],
      [() => decodeInk(new Uint8Array(3)), 'bad_ink'],
      [() => decodeInk(new Uint8Array(12)), 'bad_ink'],
      [() => decodeInk(encodeInk([1, 2], [1, 2]).slice(0, -1)), 'bad_ink'],
      [() => inkFromText('AB=='), 'bad_ink'],
      [() => inkFromText('ABCDE'), 'bad_ink'],
    ];
    for (const [run, code] of cases) {
      let caught: unknown;
      try {
        run();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(BadInk);
      expect((caught as BadInk).code).toBe(code);
    }
  });

  it('text and bytes of every length are each other', () => {
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 31) & 255);
      expect(inkFromText(inkToText(bytes))).toEqual(bytes);
    }
  });

  it.each([
    'A',
    'AAAAA',
    'AA=',
    'AA==',
    'AAA*',
    '*AAA',
    'AAAA*A',
    'AAAAA*',
    'AAAé',
    'AAA\u4e2d',
    'A A',
  ])('refuses the text %j', (text) => {
    expect(() => inkFromText(text)).toThrow(BadInk);
  });
});
