/** What is drawn and pointed at just now by others, for the pages that show it. Plain. */
import { pieceOf, pointerOf, type PointerPlace } from './pieces';
import { RemoteStroke } from './remote-stroke';

/** Strokes under way at once: one presenter, and whoever takes over. */
const MOST_STROKES = 8;
/** A pointer that nothing is heard of fades, ms. */
export const POINTER_STAYS_MS = 2_000;

export interface Pointed extends PointerPlace {
  readonly layer: string;
  readonly at: number;
}

export interface WhisperMessage {
  readonly layer: string;
  readonly kind: string;
  readonly data: object;
}

export interface RoomParts {
  now: () => number;
  /** A layer that is shown here. */
  isSeen: (layer: string) => boolean;
  /** A mark that is here already: its wet ink comes too late. */
  isHere: (id: string) => boolean;
}

export class WetRoom {
  readonly strokes = new Map<string, RemoteStroke>();
  pointer: Pointed | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly parts: RoomParts) {}

  /** Told whenever something began, grew or went. */
  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  receive({ layer, kind, data }: WhisperMessage): void {
    if (!this.parts.isSeen(layer)) return;
    if (kind === 'wet') this.takeInk(layer, data);
    if (kind === 'pointer') {
      const place = pointerOf(data);
      if (place) this.point(layer, place);
    }
  }

  point(layer: string, place: PointerPlace): void {
    this.pointer = { ...place, layer, at: this.parts.now() };
    this.tell();
  }

  /** These marks are here now: their wet ink has done its work. */
  settle(ids: readonly string[]): void {
    const gone = ids.filter((id) => this.strokes.delete(id));
    if (gone.length > 0) this.tell();
  }

  /** Lets go of what was given up; true while something is left. */
  tidy(): boolean {
    const now = this.parts.now();
    for (const [id, stroke] of this.strokes) {
      if (stroke.isGivenUp(now) || !this.parts.isSeen(stroke.layer)) this.strokes.delete(id);
    }
    const { pointer } = this;
    if (pointer && (now - pointer.at > POINTER_STAYS_MS || !this.parts.isSeen(pointer.layer))) {
      this.pointer = null;
    }
    return this.strokes.size > 0 || this.pointer !== null;
  }

  /** The paper is closed, or the person gone: what the room was shown goes with it. */
  clear(): void {
    this.strokes.clear();
    this.pointer = null;
    this.tell();
  }

  private takeInk(layer: string, data: object): void {
    const piece = pieceOf(data);
    if (!piece || this.parts.isHere(piece.id)) return;
    const now = this.parts.now();
    const known = this.strokes.get(piece.id);
    if ('gone' in piece) this.strokes.delete(piece.id);
    else if (known) known.take(piece, now);
    else if (piece.points.length > 0) {
      this.strokes.set(piece.id, new RemoteStroke(piece, layer, now));
      const [oldest] = this.strokes.keys();
      if (this.strokes.size > MOST_STROKES && oldest !== undefined) this.strokes.delete(oldest);
    }
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
