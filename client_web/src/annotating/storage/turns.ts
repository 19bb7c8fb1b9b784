/**
 * Whose turn it is to send the outbox that the tabs of one person share. A Web Lock lets one tab
 * send and knows nothing of tabs that are hidden or offline; so a tab that could send better asks,
 * and the holder gives way. Nobody gives way to an equal: two windows side by side never take
 * turns for nothing.
 */

/** The part of a BroadcastChannel that is needed here. */
export interface TurnChannel {
  post(message: Asking): void;
  listen(listener: (message: Asking) => void): void;
  close(): void;
}

/** A tab that waits and could send now. */
export interface Asking {
  readonly ask: 'turn';
  readonly fit: number;
}

export interface TurnParts {
  readonly channel: TurnChannel;
  /** The live connection carries frames. */
  readonly connected: () => boolean;
  readonly visible: () => boolean;
  /** This tab holds the lease. */
  readonly holds: () => boolean;
  /** Something waits to be sent. */
  readonly waits: () => boolean;
  /** Lets the next tab send. */
  readonly giveWay: () => void;
  /** Returns how to cancel. */
  readonly later: (ms: number, run: () => void) => () => void;
}

/** What waits that long is asked for, and again as often: the holder may have lost its line just
 * now, or the turn have gone to a tab that is no better, ms. */
export const ASK_EVERY_MS = 1_500;

export class Turns {
  private cancel: (() => void) | null = null;
  private stopped = false;
  private fit: number;

  constructor(private readonly parts: TurnParts) {
    this.fit = this.fitness();
    parts.channel.listen((asking) => this.hear(asking));
  }

  /** Connection, sight or outbox have changed. */
  look(): void {
    if (this.stopped) return;
    const before = this.fit;
    this.fit = this.fitness();
    // Who has just come back is about to write: the turn is here before the first stroke.
    if (this.fit > before) this.ask();
    if (this.parts.waits() && !this.parts.holds()) this.plan();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
    this.parts.channel.close();
  }

  /** A connection counts more than being seen: without it nothing is sent. */
  private fitness(): number {
    return (this.parts.connected() ? 2 : 0) + (this.parts.visible() ? 1 : 0);
  }

  private plan(): void {
    this.cancel ??= this.parts.later(ASK_EVERY_MS, () => {
      this.cancel = null;
      if (this.stopped || this.parts.holds() || !this.parts.waits()) return;
      this.ask();
      this.plan();
    });
  }

  private ask(): void {
    const { connected, holds, channel } = this.parts;
    if (connected() && !holds()) channel.post({ ask: 'turn', fit: this.fitness() });
  }

  private hear(asking: Asking): void {
    if (!this.stopped && this.parts.holds() && asking.fit > this.fitness()) this.parts.giveWay();
  }
}

/** Between the tabs of one person in this browser. */
export function turnChannel(person: string): TurnChannel {
  const channel = new BroadcastChannel(`phonghop-outbox-turns-${person}`);
  return {
    post: (message) => channel.postMessage(message),
    listen: (listener) => {
      channel.onmessage = ({ data }: MessageEvent<Asking>) => listener(data);
    },
    close: () => channel.close(),
  };
}
