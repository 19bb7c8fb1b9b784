/**
 * The list of marks, kept while marks come and go: a change costs the page it is on, and what is as
 * it was stays the same object, so that nothing of it is drawn again. Pure.
 */
import type { Mark } from './core';
import { entriesOf, type ListEntry, type ListPage } from './list';

/** What the list is made of. */
export interface ListSource {
  /** All marks that are seen. */
  all: () => Iterable<Mark>;
  get: (id: string) => Mark | undefined;
  /** The layer on which a mark lies. */
  layerOf: (mark: Mark) => string;
  /** Whether it is to be listed. */
  wanted: (mark: Mark) => boolean;
}

export class GrowingList {
  private readonly marks = new Map<string, Mark>();
  private readonly onPage = new Map<number, Map<string, Mark>>();
  /** How many answers each mark has. */
  private readonly answers = new Map<string, number>();
  private readonly lists = new Map<number, ListPage>();
  private whole: readonly ListPage[] = [];

  constructor(private readonly source: ListSource) {
    this.begin();
  }

  /** By page, and on each from top to bottom. */
  get pages(): readonly ListPage[] {
    return this.whole;
  }

  /** Whether one of the marks, listed or not, is so. */
  some(test: (mark: Mark) => boolean): boolean {
    return [...this.marks.values()].some(test);
  }

  /** Everything may look different: other layers are seen, or others' marks are wanted. */
  begin(): void {
    const before = [...this.onPage.keys()];
    this.marks.clear();
    this.onPage.clear();
    this.answers.clear();
    for (const mark of this.source.all()) this.take(mark);
    this.list(new Set([...before, ...this.onPage.keys()]));
  }

  /** These marks look different, have come or have gone. */
  change(ids: readonly string[]): void {
    const pages = new Set<number>();
    for (const id of ids) {
      const [before, now] = [this.marks.get(id), this.source.get(id)];
      if (before === now) continue;
      if (before) this.forget(before);
      if (now) this.take(now);
      for (const mark of [before, now]) {
        if (!mark) continue;
        pages.add(mark.page);
        const answered = this.marks.get(mark.reply_to ?? '');
        if (answered) pages.add(answered.page);
      }
    }
    this.list(pages);
  }

  private take(mark: Mark): void {
    this.marks.set(mark.id, mark);
    if (mark.reply_to !== undefined) return this.count(mark.reply_to, 1);
    const page = this.onPage.get(mark.page);
    if (page) page.set(mark.id, mark);
    else this.onPage.set(mark.page, new Map([[mark.id, mark]]));
  }

  private forget(mark: Mark): void {
    this.marks.delete(mark.id);
    if (mark.reply_to !== undefined) return this.count(mark.reply_to, -1);
    this.onPage.get(mark.page)?.delete(mark.id);
  }

  private count(answered: string, more: number): void {
    this.answers.set(answered, (this.answers.get(answered) ?? 0) + more);
  }

  private list(pages: ReadonlySet<number>): void {
    let changed = false;
    for (const page of pages) {
      const before = this.lists.get(page);
      const now = this.listPage(page, before);
      if (now === before) continue;
      changed = true;
      if (now) this.lists.set(page, now);
      else this.lists.delete(page);
    }
    if (changed) this.whole = [...this.lists.values()].sort((a, b) => a.page - b.page);
  }

  private listPage(page: number, before: ListPage | undefined): ListPage | undefined {
    const { wanted, layerOf } = this.source;
    const marks = [...(this.onPage.get(page)?.values() ?? [])].filter(wanted);
    if (marks.length === 0) return undefined;
    const known = new Map(before?.entries.map((entry) => [entry.ids[0], entry]));
    const entries = entriesOf(marks, layerOf, (id) => this.answers.get(id) ?? 0).map((entry) => {
      const old = known.get(entry.ids[0]);
      return old && alike(old, entry) ? old : entry;
    });
    const same =
      before?.entries.length === entries.length &&
      entries.every((entry, at) => entry === before.entries[at]);
    return same ? before : { page, entries };
  }
}

function alike(a: ListEntry, b: ListEntry): boolean {
  const { ids, box, ...rest } = a;
  const plain = Object.keys(rest) as (keyof typeof rest)[];
  return (
    plain.every((key) => a[key] === b[key]) &&
    ids.length === b.ids.length &&
    ids.every((id, at) => id === b.ids[at]) &&
    box.every((value, at) => value === b.box[at])
  );
}
