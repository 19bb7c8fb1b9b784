import { beforeEach, expect, test } from 'vitest';
import { hide, readHidden } from './hidden';

beforeEach(() => localStorage.clear());

test('what is hidden stays hidden on this device, until it is shown', () => {
  let hidden = hide(readHidden(), 'a', true);
  hidden = hide(hidden, 'b', true);
  expect([...readHidden()]).toEqual(['a', 'b']);
  hidden = hide(hidden, 'a', false);
  expect([...hidden]).toEqual(['b']);
  expect([...readHidden()]).toEqual(['b']);
});

test('of very many the ones hidden last are remembered; a broken memory hides nothing', () => {
  let hidden: ReadonlySet<string> = new Set();
  for (let i = 0; i < 510; i++) hidden = hide(hidden, `layer ${i}`, true);
  expect(readHidden().size).toBe(500);
  expect(readHidden().has('layer 509')).toBe(true);
  localStorage.setItem('phonghop.hidden-layers', '{');
  expect(readHidden().size).toBe(0);
});
