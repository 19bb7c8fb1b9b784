import { afterEach, expect, test } from 'vitest';
import {
  dayInWords,
  dayNumber,
  duration,
  fileSize,
  fromFields,
  longDate,
  problemWords,
  setLanguage,
  timeSpan,
  toFields,
} from '.';

afterEach(() => setLanguage('vi'));

test('times are those of Viet Nam, wherever the tablet thinks it is', () => {
  expect(timeSpan('2026-11-22T01:30:00Z', '2026-11-22T04:30:00Z')).toBe('08:30 – 11:30');
  expect(longDate('2026-11-22T20:00:00Z')).toBe('Thứ Hai, 23/11/2026');
  setLanguage('en');
  expect(longDate('2026-11-22T20:00:00Z')).toBe('Monday, 23/11/2026');
});

test('near days have names', () => {
  const now = '2026-11-22T16:59:00Z'; // 23:59 in Viet Nam
  expect(dayInWords('2026-11-21T17:00:00Z', now)).toBe('Hôm nay');
  expect(dayInWords('2026-11-22T17:00:00Z', now)).toBe('Ngày mai');
  expect(dayInWords('2026-11-21T16:59:00Z', now)).toBe('Hôm qua');
  expect(dayInWords('2026-11-30T01:00:00Z', now)).toBe('Thứ Hai, 30/11/2026');
  expect(dayNumber('2026-11-22T17:00:00Z') - dayNumber(now)).toBe(1);
});

test('a form gives back the moment it was given', () => {
  const { day, time } = toFields('2026-11-22T18:05:00Z');
  expect([day, time]).toEqual(['2026-11-23', '01:05']);
  expect(Date.parse(fromFields(day, time) ?? '')).toBe(Date.parse('2026-11-22T18:05:00Z'));
  expect(fromFields('', '08:00')).toBeNull();
  expect(fromFields('2026-13-40', '08:00')).toBeNull();
});

test('durations and sizes are short', () => {
  expect(duration(45)).toBe('45 phút');
  expect(duration(90)).toBe('1 giờ 30 phút');
  expect(duration(120)).toBe('2 giờ');
  expect(fileSize(12_840_000)).toBe('12,8 MB');
  expect(fileSize(300)).toBe('1 kB');
});

test('a refusal always has words', () => {
  expect(problemWords({ code: 'offline', params: {} })).not.toContain('offline');
  expect(problemWords({ code: 'of_a_newer_server', params: {} })).toContain('of_a_newer_server');
  expect(problemWords(new TypeError('x'))).toContain('TypeError');
});
