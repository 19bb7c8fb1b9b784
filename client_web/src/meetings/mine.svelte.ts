/** "My meetings", live: one for the signed-in person, shared by the pages. */
import { t } from '../i18n';
import { session } from '../people';
import { toast } from '../ui';
import { api, ApiProblem, connection } from '../wire';
import type { MyMeetings } from '../wire';
import { changeMine, type InboxChange } from './changes';
import { hearLayers } from './layers';
import { newsOf } from './news';
import { keep, kept } from './kept';

const MINE = 'mine';

class Mine {
  data = $state.raw<MyMeetings | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  private person = '';
  /** What is shown now happened just now, and is not only what was missed. */
  private live = false;
  private leave: () => void = () => undefined;

  /** Whose meetings these are. */
  get whose(): string | null {
    return this.person || null;
  }

  /** Follows this person's inbox; the same person again changes nothing. */
  follow(person: string): void {
    if (person === this.person) return;
    this.stop();
    this.person = person;
    void this.showKept(person);
    void this.load();
    this.leave = connection.subscribe<MyMeetings, InboxChange>(`inbox:${person}`, {
      snapshot: (data) => this.show(data),
      change: (items) => {
        hearLayers(items);
        for (const item of items) {
          if (item.kind !== 'marks_home') continue;
          toast(t('meetings.marks_home', { count: item.marks, title: item.title }));
        }
        if (this.data === null) return;
        this.live = true;
        this.show(items.reduce(changeMine, this.data));
        this.live = false;
      },
    });
  }

  stop(): void {
    this.leave();
    this.leave = () => undefined;
    this.person = '';
    this.data = null;
    this.problem = null;
  }

  /** Over HTTP: the first paint does not wait for the live connection. */
  async load(): Promise<void> {
    const { person } = this;
    this.problem = null;
    try {
      const data = await api.get<MyMeetings>('/api/meetings');
      if (person === this.person && connection.state() !== 'live') this.show(data);
      else if (person === this.person && this.data === null) this.show(data);
    } catch (problem) {
      if (person !== this.person) return;
      if (problem instanceof ApiProblem) this.problem = problem;
      else throw problem;
    }
  }

  private async showKept(person: string): Promise<void> {
    const copy = await kept<MyMeetings>(MINE);
    if (copy !== null && this.data === null && person === this.person) this.data = copy;
  }

  private show(data: MyMeetings): void {
    const news = this.live ? newsOf(this.data?.meetings ?? [], data.meetings) : [];
    for (const { words, title } of news) toast(t(words, { title }), 'good');
    if (news.length > 0) void session.refresh();
    this.data = data;
    this.problem = null;
    void keep(MINE, data);
  }
}

export const mine = new Mine();
