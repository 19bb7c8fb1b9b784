// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { Api, type ApiParts } from './api';
import { deviceLabel, newId } from './ids';
import { ApiProblem } from './problem';

function answering(...answers: (Response | 'lost')[]) {
  const calls: { path: string; init: RequestInit }[] = [];
  const parts: ApiParts = {
    fetch: ((path: string, init: RequestInit) => {
      calls.push({ path, init });
      const answer = answers.shift() ?? 'lost';
      return answer === 'lost' ? Promise.reject(new TypeError('network')) : Promise.resolve(answer);
    }) as typeof fetch,
    newKey: () => `key-${calls.length}`,
    wait: () => Promise.resolve(),
    makeRequest: () => new XMLHttpRequest(),
  };
  return { api: new Api(parts), calls };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers });

async function problem(promise: Promise<unknown>): Promise<ApiProblem> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiProblem);
  return error as ApiProblem;
}

test('a command whose answer was lost goes out again under the same key', async () => {
  const { api, calls } = answering('lost', 'lost', json(200, { id: 'x' }));
  expect(await api.post('/api/meetings', { title: 'T' })).toEqual({ id: 'x' });
  const keys = calls.map(({ init }) => (init.headers as Record<string, string>)['Idempotency-Key']);
  expect(keys).toEqual(['key-0', 'key-0', 'key-0']);
});

test('with no network a command ends as offline, and a read asks once', async () => {
  const command = answering();
  expect((await problem(command.api.delete('/api/x'))).isOffline).toBe(true);
  expect(command.calls).toHaveLength(3);
  const read = answering();
  expect((await problem(read.api.get('/api/x'))).code).toBe('offline');
  expect(read.calls).toHaveLength(1);
});

test('a refusal carries its code and params; a strange answer says so', async () => {
  const { api } = answering(
    json(409, { code: 'meeting_state', params: { state: 'draft' }, status: 409 }),
    new Response('<html>', { status: 502 }),
  );
  const first = await problem(api.post('/api/x'));
  expect([first.code, first.status, first.params]).toEqual([
    'meeting_state',
    409,
    { state: 'draft' },
  ]);
  expect((await problem(api.get('/api/x'))).code).toBe('strange_answer');
});

test('an answer that breaks off in its middle is a problem like any other', async () => {
  const broken = () =>
    new Response(
      new ReadableStream({ pull: (body) => body.error(new DOMException('', 'AbortError')) }),
    );
  const giving = new AbortController();
  const { api } = answering(broken(), broken());
  expect((await problem(api.get('/api/people?q=an'))).code).toBe('offline');
  const asked = api.get('/api/people?q=anh', { signal: giving.signal });
  giving.abort();
  expect((await problem(asked)).code).toBe('aborted');
});

test('an ended session is told once per refusal, wrong credentials are not that', async () => {
  const { api } = answering(
    json(401, { code: 'not_signed_in' }),
    json(401, { code: 'wrong_credentials' }),
  );
  api.onSessionEnded = vi.fn();
  await problem(api.get('/api/me'));
  await problem(api.post('/api/sign-in'));
  expect(api.onSessionEnded).toHaveBeenCalledTimes(1);
});

test('a command waits for its changes to be seen', async () => {
  const { api } = answering(json(204, null, { 'Phonghop-Changes': '{"meeting:1": 12}' }));
  api.onChanges = vi.fn(() => Promise.resolve());
  await api.put('/api/x', {});
  expect(api.onChanges).toHaveBeenCalledWith({ 'meeting:1': 12 });
});

test('ids are version 4 and devices have a name', () => {
  expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newId()).not.toBe(newId());
  expect(deviceLabel('Mozilla/5.0 (Linux; Android 14; SM-X200) Chrome/126.0 Safari/537')).toBe(
    'Android · Chrome',
  );
});
