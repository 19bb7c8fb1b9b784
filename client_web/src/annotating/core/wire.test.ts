// @vitest-environment node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeInk, inkFromText } from './ink';
import { isDeleted, uuid7, type Item, type ServerMessage } from './model';
import { SyncCore } from './sync';

const docs = readFileSync(
  path.resolve(import.meta.dirname, '../../../../docs/wire-annotations.md'),
  'utf8',
);
const examples = [...docs.matchAll(/```json\n([\s\S]*?)```/g)].map(
  (block) => JSON.parse(block[1] ?? '') as ServerMessage & { items?: Item[] },
);
const LAYER = '0196f3a0-1111-4aaa-8bbb-000000000001';

describe('docs/wire-annotations.md', () => {
  it('has an example of every message', () => {
    expect(new Set(examples.map((one) => one.t))).toEqual(
      new Set([
        ...['ann.open', 'ann.close', 'ann.push', 'ann.ack', 'ann.nack', 'ann.delta'],
        ...['ann.snapshot', 'ann.reset', 'ann.revoke', 'ann.ephemeral'],
      ]),
    );
  });

  for (const example of examples.filter((one) => one.items !== undefined)) {
    it(`is taken by the core: ${example.t}`, () => {
      const core = new SyncCore({
        person: 'me',
        outbox: { id: 'o', entries: [], refused: [] },
        newKey: () => 'k',
        random: () => 0,
      });
      const cursor = 'from' in example && typeof example.from === 'number' ? example.from : 0;
      core.open(LAYER, { cursor, marks: [] });
      core.connected(1);
      core.received(1, example);
      const living = (example.items ?? []).filter((item) => !isDeleted(item));
      expect(core.isCurrent(LAYER)).toBe(true);
      expect([...(core.replica(LAYER)?.marks() ?? [])]).toEqual(living);
      for (const mark of living) {
        if (!isDeleted(mark) && mark.ink !== undefined) {
          expect(decodeInk(inkFromText(mark.ink)).xs).toHaveLength(3);
        }
      }
    });
  }
});

describe('ids', () => {
  it('are UUIDv7 that sort by age', () => {
    const random = Uint8Array.from([0xab, 0xcd, 0xff, 1, 2, 3, 4, 5, 6, 7]);
    expect(uuid7(0x0123456789ab, random)).toBe('01234567-89ab-7abc-bf01-020304050607');
    expect(uuid7(1, random) < uuid7(2, random)).toBe(true);
    expect(uuid7(Date.now(), random)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
