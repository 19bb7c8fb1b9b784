// @vitest-environment node
import { describe, expect, it } from 'vitest';
import vectors from '../../../../tests/contract/vectors/anchors.json';
import { anchorOf, quadsOf, type Word } from './anchors';

const words = vectors.words.map(
  ([x0, y0, x1, y1, text]): Word => ({ x0, y0, x1, y1, text }) as Word,
);

describe('anchors of text marks', () => {
  for (const one of vectors.cases) {
    it(`are those of Python for words ${one.first} to ${one.last}`, () => {
      expect(anchorOf(words, one.first, one.last, one.page)).toEqual(one.anchor);
      expect(quadsOf(words, one.first, one.last)).toEqual(one.quads);
    });
  }
});
