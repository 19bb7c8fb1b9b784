/**
 * Moments in words. All times are those of Viet Nam (Asia/Ho_Chi_Minh, UTC+7 without summer time),
 * whatever the tablet's own zone is: a meeting takes place in its room.
 */
import { language, t } from '.';

export const ZONE = 'Asia/Ho_Chi_Minh';
const OFFSET = '+07:00';
const OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, at: Date): string {
  const locale = language() === 'vi' ? 'vi-VN' : 'en-GB';
  const key = `${locale}${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options });
    formats.set(key, made);
  }
  return made.format(at);
}

type When = string | number | Date;
const date = (when: When) => new Date(when);

/** 08:30 */
export const timeOfDay = (when: When): string =>
  format({ hour: '2-digit', minute: '2-digit' }, date(when));

/** 08:30 – 11:30 */
export const timeSpan = (from: When, to: When): string => `${timeOfDay(from)} – ${timeOfDay(to)}`;

/** 22/11/2026 */
export const shortDate = (when: When): string =>
  format({ day: '2-digit', month: '2-digit', year: 'numeric' }, date(when));

/** Chủ Nhật, 22/11/2026 */
export const longDate = (when: When): string =>
  `${format({ weekday: 'long' }, date(when))}, ${shortDate(when)}`;

export const weekday = (when: When): string => format({ weekday: 'long' }, date(when));
export const dayOfMonth = (when: When): string => format({ day: 'numeric' }, date(when));
export const monthName = (when: When): string => format({ month: 'short' }, date(when));

/** Number of the calendar day in Viet Nam, counted from 1970: equal numbers are the same day. */
export const dayNumber = (when: When): number =>
  Math.floor((date(when).getTime() + OFFSET_MS) / DAY_MS);

/** "Hôm nay", "Ngày mai", or the date with its weekday. */
export function dayInWords(when: When, now: When): string {
  const ahead = dayNumber(when) - dayNumber(now);
  if (ahead === 0) return t('i18n.today');
  if (ahead === 1) return t('i18n.tomorrow');
  if (ahead === -1) return t('i18n.yesterday');
  return longDate(when);
}

/** 2026-11-22 and 08:30 as people in Viet Nam read them, for the fields of a form. */
export function toFields(when: When): { day: string; time: string } {
  const there = new Date(date(when).getTime() + OFFSET_MS).toISOString();
  return { day: there.slice(0, 10), time: there.slice(11, 16) };
}

/** The moment of a day and time in Viet Nam, or null when the fields are not filled. */
export function fromFields(day: string, time: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !/^\d{2}:\d{2}$/.test(time)) return null;
  const text = `${day}T${time}:00${OFFSET}`;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

/** "45 phút", "1 giờ 30 phút" */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return t('i18n.minutes', { minutes: rest });
  if (rest === 0) return t('i18n.hours', { hours });
  return `${t('i18n.hours', { hours })} ${t('i18n.minutes', { minutes: rest })}`;
}

/** "12,4 MB": what a download costs, with the separator of the language. */
export function fileSize(bytes: number): string {
  const locale = language() === 'vi' ? 'vi-VN' : 'en-GB';
  const whole = (value: number, digits: number) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
  if (bytes < 1_000_000) return `${whole(Math.max(1, bytes / 1000), 0)} kB`;
  return `${whole(bytes / 1_000_000, 1)} MB`;
}
