/**
 * Commands and reads over HTTP. Every unsafe request carries an idempotency key, so a request
 * whose answer was lost is sent again with the same key and has its effect once.
 */
import { newId } from './ids';
import { ApiProblem, problemOf } from './problem';

/** Numbers of the changes that a command made, by topic: wait for them to see the effect live. */
export type Changes = Readonly<Record<string, number>>;

export interface Ask {
  signal?: AbortSignal;
}

export interface UploadAsk extends Ask {
  /** Bytes on their way so far; `total` is the size of the file. */
  onProgress?: (sent: number, total: number) => void;
}

export interface BytesAsk extends Ask {
  /** Bytes that have come so far; only where the server says how many there are. */
  onProgress?: (got: number, total: number) => void;
}

export interface ApiParts {
  fetch: typeof fetch;
  newKey: () => string;
  wait: (ms: number) => Promise<void>;
  makeRequest: () => XMLHttpRequest;
}

/** Pauses before a lost command is sent again; short, because somebody waits at the button. */
const RETRY_AFTER_MS = [300, 1200];

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function changesOf(header: string | null): Changes {
  if (header === null) return {};
  try {
    return JSON.parse(header) as Changes;
  } catch {
    return {};
  }
}

async function readBody(answer: Response, onProgress: BytesAsk['onProgress']): Promise<Uint8Array> {
  const total = Number(answer.headers.get('Content-Length') ?? 0);
  const encoded = answer.headers.get('Content-Encoding') !== null;
  if (!onProgress || !answer.body || !(total > 0) || encoded) {
    return new Uint8Array(await answer.arrayBuffer());
  }
  const bytes = new Uint8Array(total);
  let got = 0;
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes.set(value, got);
    got += value.byteLength;
    onProgress(got, total);
  }
  if (got < total) throw new TypeError('the answer ended early');
  return bytes;
}

export class Api {
  /** Called when the server no longer knows this session (not for a refused sign-in). */
  onSessionEnded: () => void = () => undefined;
  /** Called after a command with what it changed; the command's promise waits for it. */
  onChanges: (changes: Changes) => Promise<void> = () => Promise.resolve();

  constructor(private readonly parts: ApiParts) {}

  get<T>(path: string, ask: Ask = {}): Promise<T> {
    return this.send<T>('GET', path, undefined, ask);
  }
  post<T = void>(path: string, body?: unknown, ask: Ask = {}): Promise<T> {
    return this.send<T>('POST', path, body, ask);
  }
  put<T = void>(path: string, body?: unknown, ask: Ask = {}): Promise<T> {
    return this.send<T>('PUT', path, body, ask);
  }
  patch<T = void>(path: string, body?: unknown, ask: Ask = {}): Promise<T> {
    return this.send<T>('PATCH', path, body, ask);
  }
  delete<T = void>(path: string, ask: Ask = {}): Promise<T> {
    return this.send<T>('DELETE', path, undefined, ask);
  }

  /** The bytes of an answer that is not JSON (page images, words kept as bytes, files). */
  async bytes(path: string, ask: BytesAsk = {}): Promise<Uint8Array> {
    const answer = await this.request('GET', path, undefined, ask, '');
    try {
      return await readBody(answer, ask.onProgress);
    } catch {
      // The line broke in the middle of the answer.
      throw new ApiProblem(ask.signal?.aborted ? 'aborted' : 'offline', 0);
    }
  }

  /** Sends a file as raw bytes, with progress (which `fetch` does not tell). */
  upload<T>(path: string, file: Blob, ask: UploadAsk = {}): Promise<T> {
    const request = this.parts.makeRequest();
    return new Promise<T>((resolve, reject) => {
      request.open('PUT', path);
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      request.setRequestHeader('Idempotency-Key', this.parts.newKey());
      request.responseType = 'json';
      request.upload.onprogress = (event) => ask.onProgress?.(event.loaded, file.size);
      request.onerror = () => reject(new ApiProblem('offline', 0));
      request.onabort = () => reject(new ApiProblem('aborted', 0));
      request.onload = () => {
        const { status, response } = request as { status: number; response: unknown };
        if (status < 200 || status > 299) {
          if (status === 401) this.onSessionEnded();
          reject(problemOf(status, response));
          return;
        }
        const changes = changesOf(request.getResponseHeader('Phonghop-Changes'));
        void this.onChanges(changes).then(() => resolve(response as T), reject);
      };
      ask.signal?.addEventListener('abort', () => request.abort(), { once: true });
      request.send(file);
    });
  }

  private async send<T>(method: Method, path: string, body: unknown, ask: Ask): Promise<T> {
    const key = method === 'GET' ? '' : this.parts.newKey();
    const answer = await this.request(method, path, body, ask, key);
    if (method !== 'GET') await this.onChanges(changesOf(answer.headers.get('Phonghop-Changes')));
    if (answer.status === 204) return undefined as T;
    try {
      return (await answer.json()) as T;
    } catch {
      // Given up, or the line broke, in the middle of the answer.
      throw new ApiProblem(ask.signal?.aborted ? 'aborted' : 'offline', 0);
    }
  }

  private async request(
    method: Method,
    path: string,
    body: unknown,
    ask: Ask,
    key: string,
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json, */*' };
    if (key !== '') headers['Idempotency-Key'] = key;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const init: RequestInit = { method, headers, credentials: 'same-origin' };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (ask.signal !== undefined) init.signal = ask.signal;
    for (let attempt = 0; ; attempt += 1) {
      let answer: Response;
      try {
        answer = await this.parts.fetch(path, init);
      } catch {
        if (ask.signal?.aborted) throw new ApiProblem('aborted', 0);
        const pause = key === '' ? undefined : RETRY_AFTER_MS[attempt];
        if (pause === undefined) throw new ApiProblem('offline', 0);
        await this.parts.wait(pause);
        continue;
      }
      if (answer.ok) return answer;
      throw this.refusal(answer.status, await answer.json().catch(() => null));
    }
  }

  /** What a refused request means; for those who ask from a worker. */
  refusal(status: number, body: unknown): ApiProblem {
    const problem = problemOf(status, body);
    if (problem.code === 'not_signed_in') this.onSessionEnded();
    return problem;
  }
}

export const api = new Api({
  fetch: (...args) => fetch(...args),
  newKey: newId,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  makeRequest: () => new XMLHttpRequest(),
});
