import { afterEach, expect, test } from 'vitest';
import { setLanguage, t } from '.';
import { tables } from './tables';

afterEach(() => setLanguage('vi'));

test('every key has words in both languages and belongs to one feature', () => {
  const seen = new Set<string>();
  for (const { vi, en } of tables) {
    expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
    for (const key of Object.keys(vi)) {
      expect(seen.has(key), `${key} is in two tables`).toBe(false);
      seen.add(key);
      const holes = (text: string) =>
        [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();
      expect(holes(en[key] ?? ''), key).toEqual(holes(vi[key] ?? ''));
    }
  }
});

test('English tells one from many', () => {
  setLanguage('en');
  expect(t('meetings.documents', { count: 1 })).toBe('1 document');
  expect(t('meetings.documents', { count: 3 })).toBe('3 documents');
  expect(t('layers.take.chosen', { count: 1 })).toBe('Download 1 layer');
  expect(t('notes.package.missing', { missing: 1 })).toContain('1 file is missing');
});

test('t follows the language and fills the holes', () => {
  expect(t('app.name')).toBe('Phòng họp không giấy');
  setLanguage('en');
  expect(t('app.name')).toBe('Paperless meetings');
  expect(t('no.such.key')).toBe('no.such.key');
});
