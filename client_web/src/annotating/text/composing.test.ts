// @vitest-environment node
import { expect, test } from 'vitest';
import { isComposing } from './composing';

test('a key belongs to the input method also where the browser says so by its number alone', () => {
  expect(isComposing({ isComposing: true, keyCode: 27 })).toBe(true);
  expect(isComposing({ isComposing: false, keyCode: 229 })).toBe(true);
  expect(isComposing({ isComposing: false, keyCode: 27 })).toBe(false);
});
