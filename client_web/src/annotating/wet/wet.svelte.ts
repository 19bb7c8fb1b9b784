/** The one room of this tab, joined to the open layers; and how this person draws for it. */
import { book } from '../book.svelte';
import type { WetPiece } from './pieces';
import { WetRoom } from './room';
import { PointerStream, WetStream, type SendParts } from './sender';

export const wetRoom = new WetRoom({
  now: () => performance.now(),
  isSeen: (layer) => book.layers.isSeen(layer),
  isHere: (id) => book.get(id) !== undefined,
});

function partsFor(layer: string): SendParts {
  return {
    send: (kind, data) => book.whisper(layer, kind, data),
    later: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}

/** The layer that the room watches, when it is the one in the hand. */
function roomLayer(): string | null {
  const { writing } = book.layers;
  return writing?.kind === 'presenter' ? writing.id : null;
}

/** null where nobody watches: one's own strokes, and those of a shared layer, come when they are
 * done. */
export function wetStream(about: Omit<WetPiece, 'at' | 'points'>): WetStream | null {
  const layer = roomLayer();
  return layer === null ? null : new WetStream(partsFor(layer), about);
}

let pointing: { layer: string; stream: PointerStream } | null = null;

/** Shows the room, and the person who points, where to look. */
export function pointAt(place: { page: number; version: string; x: number; y: number }): void {
  const layer = roomLayer();
  if (layer === null) return;
  if (pointing?.layer !== layer) {
    pointing = { layer, stream: new PointerStream(partsFor(layer)) };
  }
  pointing.stream.point(place);
  wetRoom.point(layer, place);
}
