/**
 * The one live connection of this tab: `/live`, JSON text frames (docs/wire-protocol.md).
 * It keeps for each topic how far it has seen, so that after a break only the rest is sent;
 * a gap in the numbers makes it ask again. What must not be lost goes over HTTP or has its own
 * acknowledgement: `send` only says whether the frame left.
 */
import { backoff } from './backoff';
import type { Change, Closed, Snapshot } from './generated';

export const PROTOCOL = 1;
/** A socket that has not said welcome by then is given up: half-open networks never answer. */
const WELCOME_WITHIN_MS = 10_000;
/** How long a command waits to see its own change before it lets the page go on. */
const REACH_WITHIN_MS = 2_000;
/** Somebody who taps on and on makes no more attempts than this, ms. */
const TRY_EVERY_MS = 1_000;
/** An attempt this young may still be answered, also on a slow line: no tap breaks it off, ms. */
const TRY_FOR_MS = 4_000;
/** Somebody who touches the tablet after this long has come back to it, ms. */
const AWAY_MS = 5_000;
/** Close codes of the server (server/live/gateway.py), and one for silence. */
export const SESSION_ENDED = 4401;
export const HELLO_REFUSED = 4400;
const NEVER_ANSWERED = 1006;

export type ConnectionState = 'offline' | 'connecting' | 'live';
export type Frame = { readonly t: string } & Readonly<Record<string, unknown>>;

/** How a topic's follower is told. Numbers follow each other; a snapshot replaces everything. */
export interface Follower<Data = unknown, Item = unknown> {
  snapshot(data: Data, seq: number): void;
  change(items: Item[], seq: number): void;
  /** The topic is no longer this person's; nothing more will come. */
  closed?(code: string): void;
}

export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface ConnectionParts {
  open: () => Socket;
  device: () => string;
  random: () => number;
  now: () => number;
  later: (ms: number, run: () => void) => () => void;
  /** How far this device's clock was off when it last heard the server, for a start without a
   * network: what is made then is dated as if there were one. */
  clock?: { read: () => number; keep: (offsetMs: number) => void };
}

interface Followed {
  followers: Set<Follower>;
  cursor: number | null;
}

interface Waiting {
  topic: string;
  seq: number;
  done: () => void;
}

export class Connection {
  private current: ConnectionState = 'offline';
  private wanted = false;
  private socket: Socket | null = null;
  private attempt = 0;
  private dialledAt = -Infinity;
  private touchedAt = -Infinity;
  /** The server asked for a pause: who merely works at a tablet does not cut it short. */
  private restarting = false;
  private heartbeatMs = 20_000;
  private heardAt = 0;
  private offset: number;
  private cancelTimer: () => void = () => undefined;
  private readonly topics = new Map<string, Followed>();
  private readonly stateListeners = new Set<(state: ConnectionState) => void>();
  private readonly frameListeners = new Map<string, Set<(frame: Frame) => void>>();
  private waiting: Waiting[] = [];
  /** Called when a socket closed before its welcome, or because the session ended. */
  onTurnedAway: (code: number) => void = () => undefined;

  constructor(private readonly parts: ConnectionParts) {
    this.offset = parts.clock?.read() ?? 0;
  }

  state(): ConnectionState {
    return this.current;
  }

  /** Milliseconds since 1970 by the server's clock, as far as known. */
  serverNow(): number {
    return this.parts.now() + this.offset;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  /** Frames of one type, besides those of topics: `ann.*`, `error`. */
  on(type: string, listener: (frame: Frame) => void): () => void {
    const set = this.frameListeners.get(type) ?? new Set();
    this.frameListeners.set(type, set.add(listener));
    return () => set.delete(listener);
  }

  /** Connects, and stays connected until `stop`; without more waiting where it was cut off. */
  start(): void {
    if (this.wanted && this.current === 'live') return;
    this.wanted = true;
    this.attempt = 0;
    this.drop();
    this.dial();
  }

  /** Leaves for good (sign-out): topics and cursors are forgotten. */
  stop(): void {
    this.wanted = false;
    this.topics.clear();
    this.drop();
    this.become('offline');
  }

  /** The network seems to be back, the page is seen again, or somebody asks for it: no more
   * waiting. Within a second of the last attempt it is made when that second is over. */
  nudge(): void {
    if (!this.wanted || this.current === 'live') return;
    const age = this.since(this.dialledAt);
    if (this.socket !== null && age < TRY_FOR_MS) return;
    this.attempt = 0;
    this.drop();
    if (age >= TRY_EVERY_MS) this.dial();
    else this.plan(TRY_EVERY_MS - age, () => this.dial());
  }

  /** Somebody touched the tablet: after a pause of theirs it is worth an attempt. */
  touched(): void {
    const away = this.since(this.touchedAt) >= AWAY_MS;
    this.touchedAt = this.parts.now();
    if (away && !this.restarting) this.nudge();
  }

  /** The device itself says that it has no network: the open socket is dead, however it looks. */
  cut(): void {
    if (this.socket !== null && this.wanted) this.lost(this.socket, NEVER_ANSWERED);
  }

  subscribe<Data, Item>(topic: string, follower: Follower<Data, Item>): () => void {
    const plain = follower as Follower;
    const followed = this.topics.get(topic) ?? { followers: new Set(), cursor: null };
    const first = followed.followers.size === 0;
    followed.followers.add(plain);
    followed.cursor = null; // the newcomer needs the whole state
    this.topics.set(topic, followed);
    if (!first) this.send({ t: 'unsub', topic });
    this.send({ t: 'sub', topic, cursor: null });
    return () => {
      if (!followed.followers.delete(plain) || followed.followers.size > 0) return;
      if (this.topics.get(topic) !== followed) return;
      this.topics.delete(topic);
      this.send({ t: 'unsub', topic });
    };
  }

  /** Sends a frame now if the connection is live; says whether it left. */
  send(frame: Frame): boolean {
    if (this.current !== 'live' || this.socket === null) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Resolves when the followed topics have come that far, or after a moment in any case. */
  async reached(changes: Readonly<Record<string, number>>): Promise<void> {
    if (this.current !== 'live') return;
    const missing = Object.entries(changes).filter(([topic, seq]) => {
      const followed = this.topics.get(topic);
      return followed !== undefined && (followed.cursor ?? -1) < seq;
    });
    await Promise.all(
      missing.map(
        ([topic, seq]) =>
          new Promise<void>((resolve) => {
            const cancel = this.parts.later(REACH_WITHIN_MS, () => this.settle(entry));
            const entry: Waiting = { topic, seq, done: () => (cancel(), resolve()) };
            this.waiting.push(entry);
          }),
      ),
    );
  }

  private settle(entry: Waiting): void {
    this.waiting = this.waiting.filter((other) => other !== entry);
    entry.done();
  }

  private become(state: ConnectionState): void {
    if (state === this.current) return;
    this.current = state;
    if (state !== 'live') for (const entry of [...this.waiting]) this.settle(entry);
    for (const listener of [...this.stateListeners]) listener(state);
  }

  /** A clock that was set back says that it is long ago. */
  private since(then: number): number {
    const passed = this.parts.now() - then;
    return passed < 0 ? Infinity : passed;
  }

  private dial(): void {
    this.restarting = false;
    this.dialledAt = this.parts.now();
    this.become('connecting');
    const socket = this.parts.open();
    this.socket = socket;
    this.plan(WELCOME_WITHIN_MS, () => this.lost(socket, NEVER_ANSWERED));
    socket.onopen = () => {
      socket.send(
        JSON.stringify({
          t: 'hello',
          protocol: PROTOCOL,
          device: this.parts.device(),
          cursors: {},
        }),
      );
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.socket && typeof data === 'string') this.receive(data);
    };
    socket.onclose = ({ code }) => this.lost(socket, code);
  }

  private lost(socket: Socket, code: number): void {
    if (socket !== this.socket) return;
    const welcomed = this.current === 'live';
    this.drop();
    if (!this.wanted) return;
    this.become('offline');
    const pause = backoff(this.attempt, this.parts.random);
    this.attempt += 1;
    this.plan(pause, () => this.dial());
    if (!welcomed || code === SESSION_ENDED) this.onTurnedAway(code);
  }

  private drop(): void {
    this.cancelTimer();
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private plan(ms: number, run: () => void): void {
    this.cancelTimer();
    this.cancelTimer = this.parts.later(ms, run);
  }

  private beat(): void {
    this.plan(this.heartbeatMs, () => {
      if (this.socket === null) return;
      if (this.parts.now() - this.heardAt >= 2 * this.heartbeatMs) {
        this.lost(this.socket, NEVER_ANSWERED);
        return;
      }
      this.send({ t: 'ping' });
      this.beat();
    });
  }

  private receive(text: string): void {
    this.heardAt = this.parts.now();
    const frame = JSON.parse(text) as Frame;
    switch (frame.t) {
      case 'welcome':
        return this.welcome(frame);
      case 'snapshot':
        return this.takeSnapshot(frame as unknown as Snapshot);
      case 'change':
        return this.takeChange(frame as unknown as Change);
      case 'caught_up':
        return this.advance(frame['topic'] as string, frame['seq'] as number);
      case 'closed':
        return this.takeClosed(frame as unknown as Closed);
      case 'ping':
        this.send({ t: 'pong' });
        return;
      case 'pong':
        return;
      case 'leaving': {
        // A planned restart: come back after the pause it names, spread over as long again.
        this.drop();
        this.become('offline');
        this.restarting = true;
        const pause = (frame['retry_after'] as number) * 1000;
        this.plan(pause * (1 + this.parts.random()), () => this.dial());
        return;
      }
      default:
        for (const listener of this.frameListeners.get(frame.t) ?? []) listener(frame);
    }
  }

  private welcome(frame: Frame): void {
    this.attempt = 0;
    this.heartbeatMs = (frame['heartbeat_s'] as number) * 1000;
    this.offset = Date.parse(frame['server_time'] as string) - this.parts.now();
    this.parts.clock?.keep(this.offset);
    this.become('live');
    for (const [topic, { cursor }] of this.topics) this.send({ t: 'sub', topic, cursor });
    for (const listener of this.frameListeners.get('welcome') ?? []) listener(frame);
    this.beat();
  }

  private takeSnapshot({ topic, seq, data }: Snapshot): void {
    const followed = this.topics.get(topic);
    if (followed === undefined) return;
    for (const follower of [...followed.followers]) follower.snapshot(data, seq);
    this.advance(topic, seq);
  }

  private takeChange({ topic, seq, items }: Change): void {
    const followed = this.topics.get(topic);
    if (followed === undefined || followed.cursor === null || seq <= followed.cursor) return;
    if (seq > followed.cursor + 1) {
      this.send({ t: 'unsub', topic });
      this.send({ t: 'sub', topic, cursor: followed.cursor });
      return;
    }
    for (const follower of [...followed.followers]) follower.change(items, seq);
    this.advance(topic, seq);
  }

  private advance(topic: string, seq: number): void {
    const followed = this.topics.get(topic);
    if (followed === undefined) return;
    followed.cursor = seq;
    for (const entry of this.waiting.filter((one) => one.topic === topic && one.seq <= seq)) {
      this.settle(entry);
    }
  }

  private takeClosed({ topic, code }: Closed): void {
    const followed = this.topics.get(topic);
    if (followed === undefined) return;
    this.topics.delete(topic);
    for (const entry of this.waiting.filter((one) => one.topic === topic)) this.settle(entry);
    for (const follower of [...followed.followers]) follower.closed?.(code);
  }
}
