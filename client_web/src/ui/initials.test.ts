// @vitest-environment node
import { expect, test } from 'vitest';
import { initials, tintOf } from './initials';

test('initials are the middle and the given name', () => {
  expect(initials('Nguyễn Thị Minh Ánh')).toBe('MÁ');
  expect(initials('  Đỗ   Ân ')).toBe('ĐÂ');
  expect(initials('Y')).toBe('Y');
  expect(initials('')).toBe('');
});

test('a person keeps their tint', () => {
  expect(tintOf('a-person', 5)).toBe(tintOf('a-person', 5));
  expect(tintOf('anyone', 5)).toBeLessThan(5);
});
