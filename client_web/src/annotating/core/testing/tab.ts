/** A tab without a browser, and what a server says to it. */
import type { ClientMessage, Edit, Mark, Put, ServerMessage } from '../model';
import { MemoryOutbox, type OutboxWrite } from '../outbox';
import type { Effect } from '../effects';
import { SyncCore } from '../sync';

export const LAYER = 'layer';
export type Push = Extract<ClientMessage, { t: 'ann.push' }>;

let keys = 0;

/** A tab whose storage answers at once unless `hold` is set. */
export class Tab {
  core: SyncCore;
  sent: ClientMessage[] = [];
  shown: string[] = [];
  purged: string[] = [];
  wakes: number[] = [];
  ephemeral: ServerMessage[] = [];
  held: OutboxWrite[] = [];
  hold = false;
  readonly disk: MemoryOutbox;
  private readonly heard = (write: OutboxWrite, numbers: Readonly<Record<string, number>>): void =>
    this.take(this.core.heard(write, numbers));

  constructor(disk = new MemoryOutbox('outbox'), leads = true) {
    this.disk = disk;
    this.core = new SyncCore({
      person: 'me',
      outbox: disk.content,
      newKey: () => `k${++keys}`,
      random: () => 1,
    });
    const storage = disk.tab();
    storage.listen(this.heard);
    if (leads) this.take(this.core.lead(disk.content));
  }

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'send') this.sent.push(effect.message);
      else if (effect.do === 'show') this.shown.push(...effect.ids);
      else if (effect.do === 'purge') this.purged.push(effect.layer);
      else if (effect.do === 'wake') {
        if (effect.why === 'again') this.wakes.push(effect.ms);
      } else if (effect.do === 'ephemeral') this.ephemeral.push(effect.message);
      else {
        if (effect.next === true) this.held.unshift(effect.write);
        else this.held.push(effect.write);
        if (!this.hold) this.release();
      }
    }
  }

  release(): void {
    for (let write = this.held.shift(); write !== undefined; write = this.held.shift()) {
      const numbers = this.disk.commit(write, this.heard);
      this.take(this.core.written(write, numbers));
    }
  }

  /** The storage has the first held write, but this tab has not heard of it yet. */
  writeSilently(): () => void {
    const write = this.held.shift() ?? {};
    const numbers = this.disk.commit(write, this.heard);
    return () => this.take(this.core.written(write, numbers));
  }

  edit(...edits: Edit[]): void {
    this.take(this.core.edit(LAYER, edits));
  }

  get(message: ServerMessage, connection = 1): void {
    this.take(this.core.received(connection, message));
  }

  /** The pushes sent since the last call. */
  pushes(): Push[] {
    const pushes = this.sent.filter((one): one is Push => one.t === 'ann.push');
    this.sent = this.sent.filter((one) => one.t !== 'ann.push');
    return pushes;
  }

  ids(): string[] {
    return [...(this.core.replica(LAYER)?.marks() ?? [])].map((mark) => mark.id).sort();
  }
}

export function put(id: string, body = ''): Put {
  return {
    op: 'put',
    id,
    version: 'v',
    page: 0,
    kind: 'note',
    created: 5,
    geometry: { point: [1, 2] },
    style: {},
    body,
  };
}

export function item(id: string, seq: number, rev = 1, body?: string): Mark {
  return {
    id,
    version: 'v',
    page: 0,
    kind: 'note',
    rev,
    seq,
    author: 'me',
    created: 5,
    modified: 6,
    geometry: { point: [1, 2] },
    style: {},
    ...(body !== undefined && { body }),
  };
}

export function snapshot(seq: number, ...items: Mark[]): ServerMessage {
  return { t: 'ann.snapshot', layer: LAYER, seq, part: 0, last: true, items };
}

export function delta(from: number, to: number, ...items: Array<Mark | ReturnType<typeof tomb>>) {
  return { t: 'ann.delta', layer: LAYER, from, to, items } as const satisfies ServerMessage;
}

export function tomb(id: string, seq: number, rev = 2) {
  return { id, rev, seq, deleted: true } as const;
}

export function ack(opNo: number, seqs: number[], revs = seqs.map(() => 1)): ServerMessage {
  return { t: 'ann.ack', op_no: opNo, layer: LAYER, seqs, revs };
}

export function nack(opNo: number, code: string, index?: number, value?: Mark): ServerMessage {
  return {
    t: 'ann.nack',
    op_no: opNo,
    code,
    ...(index !== undefined && { index }),
    ...(value !== undefined && { server_value: value }),
  };
}

/** A tab that is connected and follows an empty layer. */
export function connectedTab(): Tab {
  const tab = new Tab();
  tab.take(tab.core.open(LAYER));
  tab.take(tab.core.connected(1));
  tab.get(snapshot(0));
  return tab;
}
