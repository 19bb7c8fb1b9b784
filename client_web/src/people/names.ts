/** Vietnamese names: how they are sorted, searched and said. */

interface Named {
  readonly name: string;
  readonly form_of_address?: string;
}

const collator = new Intl.Collator('vi');

const givenName = (name: string): string => name.trim().split(/\s+/).at(-1) ?? '';

/** Lists go by the given name, the last word; then by the whole name. */
export function byGivenName(a: Named, b: Named): number {
  return collator.compare(givenName(a.name), givenName(b.name)) || collator.compare(a.name, b.name);
}

/** "Ông Nguyễn Văn An": at the beginning of a line. */
export function addressed(person: Named): string {
  const form = person.form_of_address?.trim() ?? '';
  if (form === '') return person.name;
  return `${form.charAt(0).toLocaleUpperCase('vi')}${form.slice(1)} ${person.name}`;
}

/** A first capital that is no abbreviation's: "Đồng chí", but not "PGS.TS". */
const CAPITALISED = /^\p{Lu}(?=\p{Ll})/u;

/** "ông Nguyễn Văn An": within a line of words. */
export function called(person: Named): string {
  const form = person.form_of_address?.trim() ?? '';
  if (form === '') return person.name;
  return `${form.replace(CAPITALISED, (letter) => letter.toLocaleLowerCase('vi'))} ${person.name}`;
}

/** A person's position and unit, in full; the unit is left out where the position names it already
 * ("Giám đốc Sở Y tế"). */
export function placed(person: {
  readonly position: string;
  readonly organisation: string;
}): string {
  const { position, organisation } = person;
  const named = fold(position).endsWith(fold(organisation));
  return [position, named ? '' : organisation].filter(Boolean).join(' · ');
}

/** Without marks and capitals, đ as d: what nobody needs to type on a tablet. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** Whether every word that was typed begins a word of the text. */
export function matches(text: string, query: string): boolean {
  const words = fold(text).split(' ');
  return fold(query)
    .split(' ')
    .every((part) => words.some((word) => word.startsWith(part)));
}
