/** Every feature's words, joined. A feature adds one line here: its table, or one a subject. */
import { words as annotating } from '../annotating/words';
import { words as app } from '../app/words';
import { words as documents } from '../documents/words';
import { words as meetings } from '../meetings/words';
import { words as notes } from '../notes/words';
import { words as people } from '../people/words';
import { words as sealed } from '../sealed/words';
import { words as ui } from '../ui/words';
import { words as i18n } from './words';

export type Table = Readonly<Record<string, string>>;

export const tables: readonly { readonly vi: Table; readonly en: Table }[] = [
  ...annotating,
  app,
  i18n,
  documents,
  ...meetings,
  notes,
  people,
  sealed,
  ui,
];

export const words: { readonly vi: Table; readonly en: Table } = {
  vi: Object.assign({}, ...tables.map((table) => table.vi)) as Table,
  en: Object.assign({}, ...tables.map((table) => table.en)) as Table,
};
