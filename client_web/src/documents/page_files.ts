/** Files of a version from the server, and from the sealed copy on this device. */
import { api, ApiProblem } from '../wire';
import type { SealedStore } from '../sealed';
import type { Bytes, PageFiles } from './source';

export function versionPath(documentId: string, versionId: string): string {
  return `/api/documents/${documentId}/versions/${versionId}`;
}

export function imagePath(documentId: string, versionId: string, page: number): string {
  return `${versionPath(documentId, versionId)}/pages/${page}/image`;
}

export function serverFiles(documentId: string, versionId: string): PageFiles {
  const base = versionPath(documentId, versionId);
  const get = (path: string, signal: AbortSignal) =>
    api.bytes(`${base}/${path}`, { signal }) as Promise<Bytes>;
  return {
    image: (page, signal) => get(`pages/${page}/image`, signal),
    imagePath: (page) => imagePath(documentId, versionId, page),
    thumb: (page, signal) => get(`pages/${page}/thumb`, signal),
    words: (page, signal) => get(`pages/${page}/words`, signal),
    allWords: (signal) => get('words', signal),
    pdf: (signal) => get('file', signal),
    async tile(page, { scale, col, row }, signal) {
      try {
        return await get(`pages/${page}/tiles/${scale}/${col}/${row}`, signal);
      } catch (problem) {
        // Rounding may plan a sliver of a tile beyond the edge.
        if (problem instanceof ApiProblem && problem.status === 404) return undefined;
        throw problem;
      }
    },
  };
}

/** Names in the sealed store: ids and numbers only, they lie in the clear. */
export const names = {
  image: (versionId: string, page: number) => `v/${versionId}/image/${page}`,
  thumb: (versionId: string, page: number) => `v/${versionId}/thumb/${page}`,
  words: (versionId: string) => `v/${versionId}/words`,
  pdf: (versionId: string) => `v/${versionId}/pdf`,
  version: (versionId: string) => `v/${versionId}/`,
  document: (documentId: string) => `d/${documentId}`,
  place: (documentId: string) => `at/${documentId}`,
  shelf: 'shelf',
};

export type Store = Pick<SealedStore, 'get' | 'put' | 'delete' | 'keys'>;

/** A locked or unreadable store holds nothing for us: what it had is fetched again. */
export async function quietly<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}

export function keptFiles(store: Store, versionId: string): PageFiles {
  const get = (name: string) => quietly(store.get(name)) as Promise<Bytes | undefined>;
  return {
    image: (page) => get(names.image(versionId, page)),
    thumb: (page) => get(names.thumb(versionId, page)),
    tile: () => Promise.resolve(undefined),
    words: () => Promise.resolve(undefined),
    allWords: () => get(names.words(versionId)),
    pdf: () => get(names.pdf(versionId)),
  };
}
