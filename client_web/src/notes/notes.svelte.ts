/** The list of my marks on the screen: from the server, or from this tablet while it is alone. */
import { api, ApiProblem } from '../wire';
import type { MarkedMeeting, MyMark, MyMarks } from '../wire';
import { EVERYTHING, queryOf, type Filter } from './filter';
import { groupNotes, nameMore, NOTHING_NAMED, type Named } from './groups';

/** A pause in typing that means "look now", ms. */
const TYPED_MS = 250;
/** A look whether all has been sent, ms. */
const LOOK_MS = 250;
/** So many looks before the tablet's list gives way to one that lacks what is not sent: the list
 * of all papers is worth more than the last strokes on one, and they follow. */
const LOOKS_ALONE = 40;

export interface NotesParts {
  /** What lies on this tablet. */
  kept: (filter: Filter) => Promise<MyMarks>;
  /** How much of this person's work the server has not got yet. */
  waiting: () => Promise<number>;
}

export class Notes {
  filter = $state.raw<Filter>(EVERYTHING);
  rows = $state.raw<readonly MyMark[]>([]);
  places = $state.raw<readonly MarkedMeeting[]>([]);
  /** first: nothing to show yet. more: the next part is on its way. */
  loading = $state<'first' | 'more' | null>('first');
  problem = $state.raw<ApiProblem | null>(null);
  /** What is shown lies on this tablet; the server did not answer. */
  alone = $state(false);
  next = $state<string | null>(null);
  private named = $state.raw<Named>(NOTHING_NAMED);
  private asking = new AbortController();
  private typing: ReturnType<typeof setTimeout> | undefined;
  private looking = new AbortController();

  readonly groups = $derived(groupNotes(this.rows, this.named));
  readonly narrowed = $derived(this.filter.kind !== '' || this.filter.sought.trim() !== '');

  constructor(private readonly parts: NotesParts) {}

  /** Another filter: the list begins anew. */
  show(change: Partial<Filter>): void {
    const before = this.filter;
    this.filter = { ...before, ...change };
    clearTimeout(this.typing);
    if (change.sought === undefined || change.sought === '') void this.load();
    else this.typing = setTimeout(() => void this.load(), TYPED_MS);
  }

  /** The first part, or with `again` as much as is shown now, so that nothing jumps. The tablet's
   * list stays while work waits on it, unless it is to `giveWay`. */
  async load(again = false, giveWay = false): Promise<void> {
    const wanted = again ? Math.max(1, this.rows.length) : 1;
    const signal = this.begin(this.rows.length === 0 ? 'first' : null);
    try {
      // Looked at before asking: what is sent while the answer is on its way may lack in it.
      const lacking = (await this.parts.waiting()) > 0;
      if (signal.aborted) return;
      if (lacking && this.alone && !giveWay) return await this.showKept(signal);
      let part = await this.ask('', signal);
      const all: MyMark[] = [...part.rows];
      const first = part;
      const named = [part];
      while (part.next !== null && all.length < wanted) {
        part = await this.ask(part.next, signal);
        named.push(part);
        all.push(...part.rows);
      }
      if (signal.aborted) return;
      this.name(named, true);
      this.rows = all;
      this.places = first.places ?? this.places;
      this.next = part.next;
      this.alone = false;
      if (lacking) void this.complete();
    } catch (problem) {
      await this.failed(problem, signal);
    }
    this.end(signal);
  }

  /** The next part; an empty one with more behind it goes on by itself. */
  async more(): Promise<void> {
    if (this.loading !== null || this.next === null) return;
    const signal = this.begin('more');
    try {
      let rows: readonly MyMark[] = [];
      while (this.next !== null && rows.length === 0) {
        const part = await this.ask(this.next, signal);
        if (signal.aborted) return;
        ({ rows } = part);
        this.name([part], false);
        this.rows = [...this.rows, ...rows];
        this.next = part.next;
      }
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      if (!signal.aborted) this.problem = problem;
    }
    this.end(signal);
  }

  /** The network is back: the tablet's list gives way to the whole one, which then has all. */
  async leaveAlone(): Promise<void> {
    if (!this.alone) return;
    if (await this.untilSent(LOOKS_ALONE)) await this.load(false, true);
  }

  stop(): void {
    clearTimeout(this.typing);
    this.asking.abort();
    this.looking.abort();
  }

  /** The server's list lacks what was on its way when it was asked: shown again once all is sent. */
  private async complete(): Promise<void> {
    if (await this.untilSent()) await this.load(true);
  }

  /** Whether the list should be asked for now: nothing waits any more, or there were looks enough.
   * One such wait at a time. */
  private async untilSent(looks = Infinity): Promise<boolean> {
    this.looking.abort();
    const { signal } = (this.looking = new AbortController());
    for (let look = 0; look < looks && !signal.aborted; look++) {
      if ((await this.parts.waiting()) === 0) break;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    return !signal.aborted;
  }

  private ask(after: string, signal: AbortSignal): Promise<MyMarks> {
    const query = queryOf(this.filter, { after });
    return api.get<MyMarks>(`/api/me/marks?${query}`, { signal });
  }

  private begin(loading: 'first' | 'more' | null): AbortSignal {
    this.asking.abort();
    this.asking = new AbortController();
    this.problem = null;
    this.loading = loading;
    return this.asking.signal;
  }

  private end(signal: AbortSignal): void {
    if (!signal.aborted) this.loading = null;
  }

  private name(parts: readonly MyMarks[], anew: boolean): void {
    this.named = parts.reduce(nameMore, anew ? NOTHING_NAMED : this.named);
  }

  private async failed(problem: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!(problem instanceof ApiProblem)) throw problem;
    if (!problem.isOffline) {
      this.problem = problem;
      return;
    }
    await this.showKept(signal);
  }

  private async showKept(signal: AbortSignal): Promise<void> {
    const kept = await this.parts.kept(this.filter);
    if (signal.aborted) return;
    this.name([kept], true);
    this.rows = kept.rows;
    this.places = kept.places ?? [];
    this.next = null;
    this.alone = true;
    this.end(signal);
  }
}
