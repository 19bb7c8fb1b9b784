/** Finding people by name while somebody types: the last question wins. */
import { api, ApiProblem, type PeopleFound } from '../wire';

/** A pause in typing; asking at each letter would only make the answers late. */
const PAUSE_MS = 200;
const MOST = 30;

export class PeopleSearch {
  query = $state('');
  found = $state.raw<PeopleFound | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  busy = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = new AbortController();

  ask(query: string): void {
    this.query = query;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.search(), PAUSE_MS);
  }

  async search(): Promise<void> {
    this.asked.abort();
    const own = new AbortController();
    this.asked = own;
    this.busy = true;
    const query = encodeURIComponent(this.query.trim());
    try {
      const path = `/api/people?q=${query}&limit=${MOST}`;
      const found = await api.get<PeopleFound>(path, { signal: own.signal });
      if (own.signal.aborted) return;
      this.found = found;
      this.problem = null;
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      if (problem.code !== 'aborted') this.problem = problem;
    } finally {
      if (this.asked === own) this.busy = false;
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asked.abort();
  }
}
