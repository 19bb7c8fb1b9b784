/** What the point eraser does to a mark: a stroke and a line lose a part, a drawn shape goes. */
import { strokeOf, type Edit, type Mark, type Put, type Spot, type Stroke } from '../core';
import type { Preview } from '../marks/page-painter';
import {
  cut,
  isCuttable,
  pieceGeometry,
  pieceInk,
  wipe,
  wipeLine,
  type Span,
} from '../shape-edits';

export interface Cut {
  readonly mark: Mark;
  /** Wipes a disc of radius `reach` from one place to the other; true when something was met. */
  wipe(from: Spot, to: Spot, reach: number): boolean;
  /** What is left, as it is shown meanwhile. */
  left(): Preview[];
  /** The mark goes and what is left of it comes, with the style and words that it has `now`. */
  edits(now: Mark, nextId: () => string): Edit[];
}

/** undefined: words, notes and stamps are no drawing, and this eraser passes over them. */
export function cutOf(mark: Mark): Cut | undefined {
  if (isCuttable(mark)) return new StrokeCut(mark);
  if (mark.kind === 'line') return new LineCut(mark);
  if (mark.kind === 'arrow' || mark.kind === 'rectangle' || mark.kind === 'ellipse') {
    return new WholeCut(mark);
  }
  return undefined;
}

class StrokeCut implements Cut {
  private pieces: readonly Stroke[];

  constructor(readonly mark: Mark) {
    this.pieces = [strokeOf(mark)];
  }

  wipe(from: Spot, to: Spot, reach: number): boolean {
    const before = this.pieces;
    this.pieces = wipe(before, this.mark.geometry.matrix, from, to, reach);
    return this.pieces !== before;
  }

  left(): Preview[] {
    const { id, kind, style, geometry } = this.mark;
    return this.pieces.map((piece, i) => ({
      id: `${id}/${i}`,
      kind,
      style,
      geometry: pieceGeometry(piece, geometry.matrix),
      ink: pieceInk(piece),
    }));
  }

  edits(now: Mark, nextId: () => string): Edit[] {
    return cut(now, this.pieces, nextId);
  }
}

class LineCut implements Cut {
  private spans: readonly Span[] = [[0, 1]];

  constructor(readonly mark: Mark) {}

  wipe(from: Spot, to: Spot, reach: number): boolean {
    const before = this.spans;
    this.spans = wipeLine(before, this.mark.geometry, from, to, reach);
    return this.spans !== before;
  }

  left(): Preview[] {
    const { id, kind, style } = this.mark;
    return this.ends().map((geometry, i) => ({ id: `${id}/${i}`, kind, style, geometry }));
  }

  edits(now: Mark, nextId: () => string): Edit[] {
    const { id, version, page, created, kind, style, body } = now;
    const pieces = this.ends().map((geometry, i): Put => ({
      op: 'put',
      id: nextId(),
      version,
      page,
      created,
      kind,
      geometry,
      style,
      ...(i === 0 && body ? { body } : {}),
    }));
    return [{ op: 'delete', id }, ...pieces];
  }

  private ends(): { from: Spot; to: Spot }[] {
    const { from: [ax, ay] = [0, 0], to: [bx, by] = [0, 0] } = this.mark.geometry;
    const at = (t: number): Spot => [hundredth(ax + (bx - ax) * t), hundredth(ay + (by - ay) * t)];
    return this.spans.map(([start, end]) => ({ from: at(start), to: at(end) }));
  }
}

/** A box, an ellipse or an arrow without a part of it says something else: it goes as a whole. */
class WholeCut implements Cut {
  private gone = false;

  constructor(readonly mark: Mark) {}

  wipe(): boolean {
    const first = !this.gone;
    this.gone = true;
    return first;
  }

  left(): Preview[] {
    return [];
  }

  edits({ id }: Mark): Edit[] {
    return [{ op: 'delete', id }];
  }
}

/** It is still what was wiped. An acknowledgement makes another object of it: only its place counts,
 * since strokes never change. */
export function liesAs(mark: Mark, now: Mark | undefined): now is Mark {
  return now !== undefined && JSON.stringify(now.geometry) === JSON.stringify(mark.geometry);
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
