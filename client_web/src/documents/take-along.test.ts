// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiProblem, type DocumentView } from '../wire';
import { sha256 } from './fingerprint';
import { readShelf } from './keeper';
import { names, type Store } from './page_files';
import { leaving, taken, type TakenCard } from './shelf';
import type { Bytes, PageFiles } from './source';
import { TakeAlong, type Job } from './take-along';

const bytes = (text: string) => new TextEncoder().encode(text) as Bytes;
const page = (version: string, index: number) => bytes(`${version} page ${index}`);

function memoryStore(): Store {
  const all = new Map<string, Uint8Array>();
  return {
    get: async (key) => all.get(key) as Bytes | undefined,
    put: async (key, value) => void all.set(key, value),
    delete: async (key) => void all.delete(key),
    keys: async (prefix = '') => [...all.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

const card = (id: string, version = 'v1'): TakenCard => ({
  id,
  title: `Tài liệu ${id}`,
  meeting_id: 'm',
  version_id: `${id}-${version}`,
});

/** A server with scans of two pages, and whether it can be reached. */
class World {
  store = memoryStore();
  versions = new Map<string, string>();
  reach: 'yes' | 'no' | ApiProblem = 'yes';
  asked: string[] = [];
  alongside: string[] = [];
  full = false;
  layersStay = false;
  later: Array<() => void> = [];
  states: string[] = [];
  private clock = 0;
  readonly takes = this.tab();

  tab(): TakeAlong {
    const tab: TakeAlong = new TakeAlong({
      store: {
        ...this.store,
        put: (key, value) =>
          this.full && key.startsWith('v/')
            ? Promise.reject(new DOMException('full', 'QuotaExceededError'))
            : this.store.put(key, value),
      },
      view: (documentId) => this.view(documentId),
      files: (view) => this.files(view),
      alongside: async (view) => {
        if (this.layersStay) throw new Error('layer did not come');
        this.alongside.push(view.card.id);
      },
      later: (run) => void this.later.push(run),
      now: () => (this.clock += 1),
      onChange: () => this.states.push([...tab.jobs.values()].map((job) => job.state).join(' ')),
    });
    return tab;
  }

  private async view(documentId: string): Promise<DocumentView> {
    if (this.reach === 'no') throw new ApiProblem('offline', 0);
    if (this.reach !== 'yes') throw this.reach;
    const version = this.versions.get(documentId) ?? 'v1';
    const id = `${documentId}-${version}`;
    const pages = await Promise.all(
      [0, 1].map(async (index) => ({ index, image_sha: await sha256(page(id, index)) })),
    );
    return {
      card: { ...card(documentId, version), restricted: false },
      version: {
        id,
        state: 'ready',
        kind: 'scan',
        size: 99,
        page_count: 2,
        pages,
        file_marks: { read: 0, left: 0, over: 0 },
      },
      may_download: true,
    } as unknown as DocumentView;
  }

  private files(view: DocumentView): PageFiles {
    const id = view.version?.id ?? '';
    const nothing = () => Promise.resolve(undefined);
    return {
      image: async (index) => {
        this.asked.push(`${id}/${index}`);
        if (this.reach === 'no') throw new ApiProblem('offline', 0);
        return page(id, index);
      },
      thumb: nothing,
      tile: nothing,
      words: nothing,
      allWords: () => Promise.resolve(bytes('[]')),
      pdf: nothing,
    };
  }
}

let world: World;
beforeEach(() => (world = new World()));

const job = (id: string, takes = world.takes): Job | undefined => takes.jobs.get(id);
const settled = (takes = world.takes) =>
  vi.waitFor(() => {
    const states = [...takes.jobs.values()].map(({ state }) => state);
    expect(states.includes('queued') || states.includes('running')).toBe(false);
  });
const whole = async () =>
  (await readShelf(world.store)).filter((entry) => entry.complete).map((one) => one.documentId);

describe('taking documents along', () => {
  test('one after the other they come, with their marks, and are whole', async () => {
    await world.takes.take([card('a'), card('b')]);
    await settled();
    expect(await whole()).toEqual(['a', 'b']);
    expect(world.alongside).toEqual(['a', 'b']);
    expect(world.asked).toEqual(['a-v1/0', 'a-v1/1', 'b-v1/0', 'b-v1/1']);
    expect(world.states).toContain('running queued');
    expect(world.takes.jobs.size).toBe(0);
  });

  test('without a network it waits, and goes on by itself', async () => {
    world.reach = 'no';
    await world.takes.take([card('a')]);
    await settled();
    expect(job('a')?.state).toBe('offline');
    world.reach = 'yes';
    world.takes.again();
    await settled();
    expect(await whole()).toEqual(['a']);
  });

  test('a closed tab is no reason to forget what was asked for', async () => {
    world.reach = 'no';
    await world.takes.take([card('a'), card('b')]);
    await settled();
    world.reach = 'yes';
    const next = world.tab();
    await next.load();
    await settled(next);
    expect(await whole()).toEqual(['a', 'b']);
  });

  test('a paper without its marks is not whole, and they are made up at the next start', async () => {
    world.layersStay = true;
    await world.takes.take([card('a')]);
    await settled();
    expect(job('a')?.state).toBe('offline');
    expect((await readShelf(world.store))[0]).not.toHaveProperty('marks');
    world.layersStay = false;
    const next = world.tab();
    await next.load();
    await settled(next);
    expect(world.alongside).toEqual(['a']);
    expect((await readShelf(world.store))[0]).toMatchObject({ complete: true, marks: true });
    expect(world.asked).toEqual(['a-v1/0', 'a-v1/1']);
  });

  test('a layer that does not come on a live line is asked for again after a while', async () => {
    world.layersStay = true;
    await world.takes.take([card('a'), card('b')]);
    await settled();
    expect(world.later).toHaveLength(1);
    world.layersStay = false;
    world.later.shift()?.();
    await settled();
    expect([world.alongside, world.takes.jobs.size]).toEqual([['a', 'b'], 0]);
  });

  test('what is whole is not fetched again', async () => {
    await world.takes.take([card('a')]);
    await settled();
    world.asked = [];
    await world.takes.take([card('a'), card('b')]);
    await settled();
    expect(world.asked).toEqual(['b-v1/0', 'b-v1/1']);
  });

  test('a full device is said, and nothing waits for it', async () => {
    world.full = true;
    await world.takes.take([card('a')]);
    await settled();
    expect(job('a')).toMatchObject({ state: 'failed', code: 'device_full' });
    world.full = false;
    world.takes.retry('a');
    await settled();
    expect(await whole()).toEqual(['a']);
  });

  test('a refusal needs a person; a withdrawn document leaves nothing', async () => {
    world.reach = new ApiProblem('too_early', 425);
    await world.takes.take([card('a')]);
    await settled();
    expect(job('a')).toMatchObject({ state: 'failed', code: 'too_early' });
    world.reach = new ApiProblem('not_found', 404);
    world.takes.retry('a');
    await settled();
    expect(world.takes.shelf).toEqual([]);
  });

  test('a session that ended is no refusal: it waits for the next', async () => {
    world.reach = new ApiProblem('not_signed_in', 401);
    await world.takes.take([card('a')]);
    await settled();
    expect(job('a')?.state).toBe('offline');
  });
});

describe('letting go', () => {
  test('takes every byte off', async () => {
    await world.takes.take([card('a'), card('b')]);
    await settled();
    await world.takes.letGo(['a']);
    expect(world.takes.shelf.map((entry) => entry.documentId)).toEqual(['b']);
    expect(await world.store.keys(names.version('a-v1'))).toEqual([]);
  });

  test('stops one that is on its way, and the next goes on', async () => {
    await world.takes.take([card('a'), card('b')]);
    await world.takes.letGo(['a']);
    await settled();
    expect(await whole()).toEqual(['b']);
  });

  test('one that is being read stays, as a copy that may leave', async () => {
    await world.takes.take([card('a')]);
    await settled();
    await world.takes.letGo(['a'], true);
    expect(world.takes.shelf).toMatchObject([{ documentId: 'a', complete: true }]);
    expect(world.takes.shelf[0]?.takenAt).toBeUndefined();
  });
});

describe('the agenda as it is now', () => {
  test('a new version comes in the place of the one before', async () => {
    await world.takes.take([card('a')]);
    await settled();
    world.versions.set('a', 'v2');
    await world.takes.compare('m', [card('a', 'v2')]);
    await settled();
    expect(await readShelf(world.store)).toMatchObject([
      { versionId: 'a-v2', complete: true, takenAt: expect.any(Number) as number },
    ]);
    expect(await world.store.keys(names.version('a-v1'))).toEqual([]);
  });

  test('what is not in it goes only when the server says so', async () => {
    await world.takes.take([card('a')]);
    await settled();
    world.reach = 'no';
    await world.takes.compare('m', []);
    expect(await whole()).toEqual(['a']);
    world.reach = new ApiProblem('not_found', 404);
    await world.takes.compare('m', []);
    expect(await whole()).toEqual([]);
  });

  test('another meeting is not its business', async () => {
    await world.takes.take([card('a')]);
    await settled();
    world.reach = new ApiProblem('not_found', 404);
    await world.takes.compare('other', []);
    expect(await whole()).toEqual(['a']);
  });
});

test('what was taken along neither leaves for others nor takes their room', () => {
  const opened = (id: string) => ({
    documentId: id,
    versionId: `${id}-v1`,
    bytes: 60,
    openedAt: 1,
    copy: 'images' as const,
    complete: true,
  });
  const shelf = taken([opened('a'), opened('b')], [card('a')], 5);
  expect(leaving(shelf, 'c', 30, 100)).toEqual([]);
  expect(leaving(shelf, 'c', 50, 100).map((gone) => gone.documentId)).toEqual(['b']);
});
