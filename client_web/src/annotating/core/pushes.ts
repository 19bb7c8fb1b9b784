/**
 * The pushes of a tab: what leaves when, and what to make of the answers. Only the tab that leads
 * sends. No I/O.
 */
import { isThere, leftOver, MADE } from './recognise';
import type { Ack, ClientMessage, Nack, Operation } from './model';
import type { OutboxWrite, Refused } from './outbox';
import type { Queue } from './queue';
import type { LayerReplica } from './replica';
import type { Waiting } from './waiting';

/** What the pushes need of the tab around them. */
export interface PushHost {
  readonly connected: () => boolean;
  readonly send: (message: ClientMessage) => void;
  readonly write: (write: OutboxWrite) => void;
  /** The pending work on a layer changed for the marks of these operations. */
  readonly lay: (layer: string, ops: readonly Operation[]) => void;
  readonly replica: (layer: string) => LayerReplica | undefined;
  readonly isFollowing: (layer: string) => boolean;
  /** Answers are owed. */
  readonly watch: () => void;
  /** What was put off is tried again after so many ms. */
  readonly tryAgain: (ms: number) => void;
}

export class Pushes {
  /** This tab alone may send. */
  lease = false;
  /** The server asked for a while. */
  paused = false;
  private readonly host: PushHost;
  private readonly queue: Queue;
  private readonly random: () => number;
  private pause = 0;

  /** @param random 0 … 1; spreads retries. */
  constructor(queue: Queue, random: () => number, host: PushHost) {
    this.queue = queue;
    this.random = random;
    this.host = host;
  }

  pump(): void {
    if (!this.host.connected() || !this.lease || this.paused) return;
    for (const entry of this.queue.takeSendable()) {
      this.host.send({
        t: 'ann.push',
        outbox: this.queue.id,
        op_no: entry.opNo,
        layer: entry.layer,
        ops: [...entry.ops],
      });
      this.host.watch();
    }
  }

  /** Refused work that the server turns out to have is released: it had only not said so. What
   * followed it, and what it came to since, goes out now; by one tab, or it would go twice. */
  recognise(replica: LayerReplica): void {
    for (const one of this.queue.refused) {
      if (one.layer !== replica.layer || !isThere(one, replica)) continue;
      const more = leftOver(one, replica);
      if (!this.lease && (more.length > 0 || this.queue.hasFollowers(one))) continue;
      const made = one.ops.filter((op) => op.op === 'put');
      // The delta comes before the answer: what was typed after these words was typed on them.
      this.queue.took(
        made,
        made.map(() => MADE),
      );
      this.release(one, more);
    }
  }

  private release(one: Refused, more: readonly Operation[] = []): void {
    const write = this.queue.arrived(one, more);
    this.host.write(write);
    this.host.lay(one.layer, [...one.ops, ...(write.append ?? []).flatMap((draft) => draft.ops)]);
  }

  bridge(opNo: number, ack: { seqs: readonly number[]; revs: readonly number[] }): void {
    const entry = this.queue.find(opNo);
    if (entry === undefined) return;
    const replica = this.host.replica(entry.layer);
    replica?.bridge(entry.ops, { seqs: [...ack.seqs], revs: [...ack.revs] });
  }

  acked(ack: Ack): void {
    const entry = this.queue.find(ack.op_no);
    if (entry === undefined) {
      this.ackedLate(ack);
      return;
    }
    this.pause = 0;
    this.bridge(ack.op_no, ack);
    this.host.write(this.queue.acked(entry, ack.seqs, ack.revs));
    this.host.lay(entry.layer, entry.ops);
  }

  /** The answer to a push that had been given up. */
  private ackedLate(ack: Ack): void {
    const one = this.queue.givenUp(ack.op_no);
    if (one === undefined) return;
    this.host.replica(one.layer)?.bridge(one.ops, ack);
    this.queue.took(one.ops, ack.revs);
    this.release(one);
  }

  nacked(nack: Nack): void {
    const entry = this.queue.find(nack.op_no);
    if (entry === undefined) return;
    if (nack.code === 'try_later') {
      this.queue.landed(entry.opNo);
      this.paused = true;
      this.host.tryAgain(this.backoff());
      return;
    }
    if (nack.code === 'op_no_reused') {
      this.host.write(this.queue.renumber(entry));
      this.host.lay(entry.layer, entry.ops);
      return;
    }
    this.refuse(entry, nack.code, nack);
  }

  refuse(
    entry: Waiting & { opNo: number },
    code: string,
    nack: Pick<Nack, 'index' | 'field' | 'server_value'> = {},
  ): void {
    const write = this.queue.refuse(entry, code, nack.index, nack.field, nack.server_value);
    this.host.write(write);
    this.host.lay(entry.layer, [...entry.ops, ...(write.refuse ?? []).flatMap((one) => one.ops)]);
    const replica = this.host.replica(entry.layer);
    if (code === 'id_taken' && replica && this.host.isFollowing(entry.layer)) {
      this.recognise(replica);
    }
  }

  backoff(): number {
    this.pause = Math.min(30_000, this.pause === 0 ? 1_000 : this.pause * 2);
    return Math.round(this.pause * (0.5 + this.random() / 2));
  }
}
