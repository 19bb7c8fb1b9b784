/** Sharing a layer or changing one: what is filled in, and whom it can be shared with. */
import { matches } from '../../people';
import { api, ApiProblem, type LayerView, type Participant } from '../../wire';

export type Audience = LayerView['audience'];

export class LayerForm {
  title = $state('');
  audience = $state<Audience>('people');
  people = $state.raw<readonly string[]>([]);
  query = $state('');
  /** undefined while they are fetched. */
  readers = $state.raw<readonly Participant[]>();
  problem = $state.raw<ApiProblem | null>(null);
  /** It was tried to save it: what is missing is said. */
  tried = $state(false);

  readonly nameless = $derived(this.title.trim() === '');
  readonly forNobody = $derived(this.audience === 'people' && this.people.length === 0);
  readonly found = $derived(
    (this.readers ?? []).filter(({ name, position, organisation }) =>
      matches(`${name} ${position} ${organisation}`, this.query),
    ),
  );

  constructor(
    readonly documentId: string,
    /** null: a new one. */
    readonly layer: LayerView | null,
    sharing: 'none' | 'people' | 'everyone',
    private readonly me: string,
  ) {
    if (layer) {
      this.title = layer.title;
      this.audience = layer.audience;
      this.people = layer.people.map((person) => person.id);
    } else if (sharing === 'none') this.audience = 'me';
  }

  async load(): Promise<void> {
    this.problem = null;
    try {
      const path = `/api/documents/${this.documentId}/readers`;
      const readers = await api.get<Participant[]>(path);
      this.readers = readers.filter((one) => one.person_id !== this.me);
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      this.problem = problem;
    }
  }

  toggle(person: string): void {
    const others = this.people.filter((one) => one !== person);
    this.people = others.length < this.people.length ? others : [...others, person];
  }

  /** null when something is missing. */
  async save(): Promise<LayerView | null> {
    this.tried = true;
    if (this.nameless || this.forNobody) return null;
    const { audience } = this;
    const body = {
      title: this.title.trim(),
      audience,
      ...(audience === 'people' && { people: this.people }),
    };
    return this.layer
      ? api.patch<LayerView>(`/api/layers/${this.layer.id}`, body)
      : api.post<LayerView>(`/api/documents/${this.documentId}/layers`, body);
  }
}
