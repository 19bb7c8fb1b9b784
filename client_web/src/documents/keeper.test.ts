// @vitest-environment node
import { beforeEach, describe, expect, test } from 'vitest';
import type { DocumentView } from '../wire';
import { sha256 } from './fingerprint';
import { forget, keep, keptView, readShelf, type KeepProgress, type KeeperParts } from './keeper';
import { names, type Store } from './page_files';
import type { Bytes, PageFiles } from './source';

function memoryStore(): Store & { all: Map<string, Uint8Array> } {
  const all = new Map<string, Uint8Array>();
  return {
    all,
    get: async (key) => all.get(key) as Bytes | undefined,
    put: async (key, bytes) => void all.set(key, bytes.slice()),
    delete: async (key) => void all.delete(key),
    keys: async (prefix = '') => [...all.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

const bytes = (text: string) => new TextEncoder().encode(text) as Bytes;
const imageOf = (version: string, page: number) =>
  bytes(`${version} page ${page}`.padEnd(100, '.'));

async function view(
  documentId: string,
  more: object = {},
  card: object = {},
): Promise<DocumentView> {
  const versionId = `${documentId}-v1`;
  const pages = await Promise.all(
    [0, 1, 2].map(async (index) => ({
      index,
      image_sha: await sha256(imageOf(versionId, index)),
    })),
  );
  const version = {
    id: versionId,
    state: 'ready',
    kind: 'scan',
    size: 1_000,
    file_marks: { read: 0, left: 0, over: 0 },
    page_count: 3,
    pages,
  };
  return {
    card: { id: documentId, restricted: false, ...card },
    version: { ...version, ...more },
    may_download: true,
  } as unknown as DocumentView;
}

let store: ReturnType<typeof memoryStore>;
let asked: string[];
let progress: KeepProgress[];
let clock = 0;

beforeEach(() => {
  store = memoryStore();
  asked = [];
  progress = [];
  clock = 0;
});

function parts(versionId: string, more: Partial<KeeperParts> = {}): KeeperParts {
  const server: PageFiles = {
    image: async (page) => {
      asked.push(`image ${page}`);
      return imageOf(versionId, page);
    },
    thumb: () => Promise.resolve(undefined),
    tile: () => Promise.resolve(undefined),
    words: () => Promise.resolve(undefined),
    allWords: async () => {
      asked.push('words');
      return bytes('[]');
    },
    pdf: async () => {
      asked.push('pdf');
      return bytes(`${versionId} pdf`);
    },
  };
  return {
    store,
    server,
    held: () => Promise.resolve(undefined),
    imageBytes: () => undefined,
    idle: () => Promise.resolve(),
    now: () => (clock += 1),
    onProgress: (told) => progress.push(told),
    ...more,
  };
}

const signal = new AbortController().signal;

describe('keeping an opened document', () => {
  test('a scan is kept as words and images, and can be opened again from here', async () => {
    const doc = await view('a');
    await keep(doc, parts('a-v1'), signal);
    expect(await store.get(names.image('a-v1', 2))).toEqual(imageOf('a-v1', 2));
    expect(await store.get(names.words('a-v1'))).toEqual(bytes('[]'));
    expect(await keptView(store, 'a')).toEqual(doc);
    expect(progress.at(-1)).toEqual({ done: 3, total: 3, complete: true });
    expect(await readShelf(store)).toMatchObject([
      { documentId: 'a', copy: 'images', complete: true },
    ]);
  });

  test('what is in memory already is not fetched again', async () => {
    const held = (page: number) => Promise.resolve(page === 1 ? imageOf('a-v1', 1) : undefined);
    await keep(await view('a'), parts('a-v1', { held }), signal);
    expect(asked).toEqual(['words', 'image 0', 'image 2']);
  });

  test('opened a second time nothing is fetched', async () => {
    await keep(await view('a'), parts('a-v1'), signal);
    asked = [];
    await keep(await view('a'), parts('a-v1'), signal);
    expect(asked).toEqual([]);
    expect(progress.at(-1)?.complete).toBe(true);
  });

  test('broken off in the middle it goes on where it stopped, and counts no byte twice', async () => {
    const stop = new AbortController();
    let moments = 0;
    const idle = async () => {
      moments += 1;
      if (moments === 3) throw new Error('tab closed');
    };
    await expect(keep(await view('a'), parts('a-v1', { idle }), stop.signal)).rejects.toThrow();
    asked = [];
    await keep(await view('a'), parts('a-v1'), signal);
    expect(asked).toEqual(['image 1', 'image 2']);
    expect((await readShelf(store))[0]?.bytes).toBe(302);
  });

  test('a page that is not the approved one is never kept', async () => {
    const doc = await view('a');
    const wrong = parts('a-v1');
    wrong.server.image = async (page) => (page === 1 ? bytes('forged') : imageOf('a-v1', page));
    await keep(doc, wrong, signal);
    expect(await store.get(names.image('a-v1', 1))).toBeUndefined();
    expect(await readShelf(store)).toMatchObject([{ complete: false }]);
  });

  test('a born-digital report is kept as its PDF when that is the one the manifest names', async () => {
    const sha = await sha256(bytes('a-v1 pdf'));
    await keep(await view('a', { kind: 'born', sha256: sha }), parts('a-v1'), signal);
    expect(asked).toEqual(['words', 'pdf']);
    expect(await store.get(names.pdf('a-v1'))).toEqual(bytes('a-v1 pdf'));

    await keep(await view('b', { kind: 'born', sha256: sha }), parts('b-v1'), signal);
    expect(await store.get(names.pdf('b-v1'))).toBeUndefined();
  });

  test('a document that is still being made is not kept yet', async () => {
    await keep(await view('a', { state: 'ingesting' }), parts('a-v1'), signal);
    expect(store.all.size).toBe(0);
  });
});

describe('a full shelf', () => {
  test('the document read longest ago leaves whole', async () => {
    const limit = { limit: 700 };
    await keep(await view('a'), parts('a-v1', limit), signal);
    await keep(await view('b'), parts('b-v1', limit), signal);
    await keep(await view('a'), parts('a-v1', limit), signal); // read again: b is older now
    await keep(await view('c'), parts('c-v1', limit), signal);
    expect((await readShelf(store)).map((entry) => entry.documentId).sort()).toEqual(['a', 'c']);
    expect(await store.keys(names.version('b-v1'))).toEqual([]);
    expect(await keptView(store, 'b')).toBeUndefined();
  });

  test('a document too large for its share is not kept whole, and pushes nobody out', async () => {
    await keep(await view('a'), parts('a-v1', { limit: 900 }), signal);
    await keep(await view('b'), parts('b-v1', { limit: 560 }), signal);
    expect(await readShelf(store)).toMatchObject([
      { documentId: 'a', complete: true },
      { documentId: 'b', complete: false },
    ]);
  });
});

test('a new version replaces the one before', async () => {
  await keep(await view('a'), parts('a-v1'), signal);
  const next = await view('a', { id: 'a-v2', pages: [], page_count: 0 });
  await keep(next, parts('a-v2'), signal);
  expect(await store.keys(names.version('a-v1'))).toEqual([]);
  expect(await readShelf(store)).toMatchObject([{ versionId: 'a-v2' }]);
});

test('a withdrawn document leaves nothing behind', async () => {
  await keep(await view('a'), parts('a-v1'), signal);
  await forget(store, 'a');
  expect([...store.all.keys()]).toEqual([names.shelf]);
  expect(await readShelf(store)).toEqual([]);
});
