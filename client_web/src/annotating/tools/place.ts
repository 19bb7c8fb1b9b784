/** What a gesture needs to know of the page it happens on, and what it may ask for. */
import type { PageViewport } from '../../documents';
import type { Edit, Mark, Put } from '../core';
import type { Birth } from '../edits';
import type { StampName } from '../marks/stamps';
import type { PageMarks } from '../marks/page-marks';
import type { PagePainter } from '../marks/page-painter';
import type { PointerDevice } from '../pen/pointer-rules';
import type { PointerPlace, WetPiece } from '../wet/pieces';
import type { WetStream } from '../wet/sender';
import type { WetCanvas } from '../pen/wet-canvas';
import type { StyledTool, ToolStyle } from './tools';

/** What gestures ask of the book of marks and of the pen case. */
export interface Desk {
  style(tool: StyledTool): ToolStyle;
  birth(viewport: PageViewport): Birth;
  /** A stroke that others see while it is drawn; null where nobody watches. */
  stream(about: Omit<WetPiece, 'at' | 'points'>): WetStream | null;
  /** Shows the room where to look. */
  point(place: PointerPlace): void;
  /** A new mark, shown at once. `device` and `from` tell a palm's strokes from a hand's; what one
   * `maker` puts is one step of undo. */
  put(put: Put, drawn?: { device: PointerDevice; from: number }, maker?: object): void;
  /** For a mark that is made only later: puts it on the layer that is in the hand now. It says no
   * once the document was left. */
  later(): (put: Put) => boolean;
  /** One gesture over several marks. Each of `parts` travels as one, as far as a push may carry. */
  edit(...parts: (readonly Edit[])[]): void;
  /** Erasers take only what the person may take away here. */
  mayErase(mark: Mark): boolean;
  /** Others have answered it: it is one thing, and does not go unasked. */
  isAnswered(mark: Mark): boolean;
  /** Takes whole marks away, after a question where answers would go with them. */
  takeAway(ids: readonly string[]): void;
  mayMove(mark: Mark): boolean;
  selected(): ReadonlySet<string>;
  select(ids: ReadonlySet<string>): void;
  openNote(viewport: PageViewport, point: { x: number; y: number }): void;
  openMark(mark: Mark): void;
  /** Which stamp is in the hand. */
  stamp(): StampName;
  /** Begins to write on the page; `point` is the text's upper left corner as it is read. */
  openText(viewport: PageViewport, point: { x: number; y: number }): void;
  /** Something is being written on a page; closing keeps it. */
  writing(): boolean;
  closeText(): void;
  say(key: string): void;
}

export interface WorkPlace {
  viewport: PageViewport;
  marks: PageMarks;
  painter: PagePainter;
  wet: WetCanvas;
  desk: Desk;
}

/** How near, in CSS px, a fingertip or a pen has to come to mean a mark. */
export const REACH_PX: Readonly<Record<PointerDevice, number>> = { touch: 14, pen: 6, mouse: 5 };
