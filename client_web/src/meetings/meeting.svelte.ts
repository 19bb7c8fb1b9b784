/** One meeting on screen: its state, kept live, and what may be done with it. */
import { attempt } from '../ui';
import { api, ApiProblem, connection } from '../wire';
import type { DocumentCard, MeetingView, MyMeeting } from '../wire';
import { agendaOf, changeMeeting, type MeetingChange } from './changes';
import { forget, keep, kept, seen } from './kept';
import { hearLayers } from './layers';
import { mine } from './mine.svelte';

export class OpenMeeting {
  whole = $state.raw<MyMeeting | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  /** The rights to it have ended while it was open. */
  gone = $state(false);

  readonly view = $derived(this.whole?.view ?? null);
  readonly staff = $derived(this.whole?.staff ?? false);
  /** A closed meeting is a record: nothing in it changes any more. */
  readonly editable = $derived(this.staff && this.view?.meeting.state !== 'closed');
  readonly mayLead = $derived(this.staff || this.whole?.my_role === 'chair');
  readonly agenda = $derived(
    this.view === null ? null : agendaOf(this.view, mine.data?.documents ?? [], this.staff),
  );
  private leave: () => void = () => undefined;
  private topic = '';
  /** The live topic has told the whole state. */
  private told = false;
  private over = false;

  constructor(readonly id: string) {}

  start(): void {
    const known = seen.get(this.id);
    if (known !== undefined) {
      this.whole = known;
      this.follow(known.topic);
    }
    void this.showKept();
    void this.load();
  }

  stop(): void {
    this.over = true;
    this.leave();
  }

  async load(): Promise<void> {
    this.problem = null;
    try {
      const answer = await api.get<MyMeeting>(`/api/meetings/${this.id}`);
      // What the topic has told is newer than an answer that was on its way meanwhile; and it
      // leaves restricted documents to my inbox, which also says when they go.
      const told = this.told && connection.state() === 'live' && answer.topic === this.topic;
      this.show(told && this.view !== null ? { ...answer, view: this.view } : answer);
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.problem = problem;
      if (problem.status === 403 || problem.status === 404) this.lose();
    }
    if (!this.over && this.whole !== null && !this.gone) this.follow(this.whole.topic);
  }

  /** Does what was asked; a refusal is told. Without a live connection the page is read anew. */
  async act(work: () => Promise<unknown>): Promise<boolean> {
    const done = await attempt(work);
    if (done && connection.state() !== 'live') await this.load();
    return done;
  }

  document(id: string): DocumentCard | undefined {
    const { lines = [], loose = [] } = this.agenda ?? {};
    return [...lines.flatMap((line) => line.documents), ...loose].find((one) => one.id === id);
  }

  private follow(topic: string): void {
    if (topic === this.topic) return;
    this.leave();
    this.topic = topic;
    this.told = false;
    this.leave = connection.subscribe<MeetingView, MeetingChange>(topic, {
      snapshot: (view) => {
        this.told = true;
        this.showView(view);
      },
      change: (items) => {
        hearLayers(items);
        if (this.view !== null) this.showView(items.reduce(changeMeeting, this.view));
      },
      // Perhaps only the audience changed (staff no more): ask what is left of the rights.
      closed: () => {
        this.topic = '';
        void this.load();
      },
    });
  }

  private showView(view: MeetingView): void {
    if (this.whole !== null) this.show({ ...this.whole, view });
  }

  private show(whole: MyMeeting): void {
    this.whole = whole;
    this.gone = false;
    seen.set(this.id, whole);
    void keep(`meeting:${this.id}`, whole);
  }

  private lose(): void {
    this.gone = true;
    this.whole = null;
    seen.delete(this.id);
    this.leave();
    this.topic = '';
    void forget(`meeting:${this.id}`);
  }

  private async showKept(): Promise<void> {
    const copy = await kept<MyMeeting>(`meeting:${this.id}`);
    if (copy === null || this.whole !== null || this.gone || this.over) return;
    this.whole = copy;
    // Offline the subscription waits, and catches up when the network is back.
    this.follow(copy.topic);
  }
}
