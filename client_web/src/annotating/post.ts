/**
 * The sync of the person at this device: the core's runner joined to the live connection, the
 * sealed stores, the Web Lock and the other tabs. One per tab; it goes on sending what waits
 * whatever page is shown.
 */
import { DRAFTS_BUCKET, OUTBOX_BUCKET, sealed } from '../sealed';
import { connection, newId, type Frame } from '../wire';
import {
  MemoryOutbox,
  SyncRunner,
  type Lease,
  type OutboxStorage,
  type ServerMessage,
} from './core';
import { Following } from './following';
import { FallbackOutbox } from './storage/fallback-outbox';
import { LayerShelf } from './storage/layer-shelf';
import { SealedOutbox, senderLease } from './storage/sealed-outbox';
import { turnChannel, Turns } from './storage/turns';
import { Drafts } from './thread/drafts';

const ANSWERS = [
  'ann.ack',
  'ann.nack',
  'ann.delta',
  'ann.snapshot',
  'ann.reset',
  'ann.revoke',
  'ann.ephemeral',
] as const;

/** Wet ink or a pointer of somebody on a layer that is followed. */
export type Ephemeral = Extract<ServerMessage, { t: 'ann.ephemeral' }>;

export interface PostListener {
  /** Whether this device holds all marks that were made. */
  allKept: () => boolean;
  show: (layer: string, ids: readonly string[]) => void;
  purge: (layer: string) => void;
  /** Connection or outbox look different. */
  stand: () => void;
  ephemeral: (message: Ephemeral) => void;
  /** The page before the person's eyes. */
  page: () => number;
  /** The disk takes no more: what is not sent is in this tab's memory only. */
  unkept: () => void;
}

/** This tab alone, for a browser that keeps nothing. */
const alone: Lease = {
  acquire(held) {
    const timer = setTimeout(held);
    return () => clearTimeout(timer);
  },
};

function later(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

export class Post {
  private connected = 0;
  private live = false;
  private turns: Turns | null = null;
  private readonly endings: (() => void)[] = [];
  readonly following: Following;
  /** Answers that are half written. */
  readonly drafts: Drafts;

  private constructor(
    readonly person: string,
    readonly runner: SyncRunner,
    /** `null`: this browser keeps nothing (no WebCrypto on plain HTTP); marks live in the tab. */
    readonly shelf: LayerShelf | null,
    private readonly outbox: SealedOutbox | null,
    private readonly listener: PostListener,
  ) {
    this.following = new Following(runner, shelf, listener.page);
    const begun = shelf && sealed.store(DRAFTS_BUCKET, 'relaxed', person);
    this.drafts = new Drafts(begun, listener.allKept);
  }

  /** @throws SealedLocked when the stores are locked meanwhile. */
  static async open(person: string, keeps: boolean, listener: PostListener): Promise<Post> {
    const outbox = keeps
      ? new SealedOutbox({
          store: sealed.store(OUTBOX_BUCKET, 'strict', person),
          lazy: sealed.store(OUTBOX_BUCKET, 'relaxed', person),
          person,
          newId,
        })
      : null;
    const gaveUp = (): void => listener.unkept();
    const storage: OutboxStorage = outbox
      ? new FallbackOutbox({ disk: outbox, random: Math.random, gaveUp })
      : new MemoryOutbox(newId()).tab();
    const shelf = keeps ? new LayerShelf(sealed.store('layers', 'relaxed', person)) : null;
    let looks = (): void => undefined;
    const runner = await SyncRunner.start({
      person,
      storage,
      lease: keeps ? senderLease(person) : alone,
      newKey: newId,
      random: Math.random,
      send: (message) => connection.send(message as Frame),
      later,
      show: (layer, ids) => {
        shelf?.changed(layer);
        listener.show(layer, ids);
        looks();
      },
      purge: (layer) => {
        void shelf?.purge(layer).catch(() => undefined);
        post.following.lost(layer);
        listener.purge(layer);
      },
      ephemeral: (message) => listener.ephemeral(message),
    });
    const post: Post = new Post(person, runner, shelf, outbox, listener);
    if (outbox) {
      post.endings.push(() => outbox.close());
      looks = post.takeTurns();
    }
    post.join();
    return post;
  }

  /** True when the live connection carries frames. */
  get online(): boolean {
    return this.live;
  }

  /** Batches and refusals that lie on this device and do not open any more. */
  get unopened(): number {
    return this.outbox?.unopened ?? 0;
  }

  async forgetUnopened(): Promise<void> {
    await this.outbox?.forgetUnopened();
  }

  /** What nobody keeps: it leaves now or never. */
  whisper(layer: string, kind: string, data: object): void {
    connection.send({ t: 'ann.ephemeral', layer, kind, data });
  }

  stop(): void {
    this.runner.stop();
    for (const end of this.endings.splice(0)) end();
  }

  /** The tab that is looked at and connected is the one that sends. */
  private takeTurns(): () => void {
    const { runner } = this;
    const turns = new Turns({
      channel: turnChannel(this.person),
      connected: () => this.live,
      visible: () => !document.hidden,
      holds: () => runner.holds,
      waits: () => runner.core.unsent > 0,
      giveWay: () => runner.giveWay(),
      later,
    });
    this.turns = turns;
    const look = (): void => turns.look();
    document.addEventListener('visibilitychange', look);
    this.endings.push(() => {
      document.removeEventListener('visibilitychange', look);
      turns.stop();
    });
    return look;
  }

  private join(): void {
    for (const type of ANSWERS) {
      this.endings.push(
        connection.on(type, (frame) => {
          const { runner } = this;
          runner.run(runner.core.received(this.connected, frame as unknown as ServerMessage));
          if (type !== 'ann.ephemeral') this.listener.stand();
        }),
      );
    }
    this.endings.push(connection.onState(() => this.meet()));
    this.meet();
  }

  private meet(): void {
    const live = connection.state() === 'live';
    if (live === this.live) return;
    this.live = live;
    const { runner } = this;
    if (live) runner.run(runner.core.connected((this.connected += 1)));
    else runner.run(runner.core.disconnected(this.connected));
    this.turns?.look();
    this.listener.stand();
  }
}
