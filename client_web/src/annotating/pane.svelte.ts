/** The marks over one page on screen: painter, wet canvas, pointers, and what they share. */
import type { PageViewport } from '../documents';
import { book } from './book.svelte';
import type { Mark } from './core';
import { desk } from './desk.svelte';
import { PageMarks } from './marks/page-marks';
import { PagePainter } from './marks/page-painter';
import { pencase } from './pencase.svelte';
import type { PenPoint } from './pen/stroke';
import { watchPointers } from './pen/surface';
import { WetCanvas } from './pen/wet-canvas';
import { beginWork } from './tools/begin';
import { REACH_PX } from './tools/place';
import { WetSheet } from './wet/wet-sheet';
import { wetRoom } from './wet/wet.svelte';

const depthOf = ({ id }: Mark) => book.layers.depthOf(id);

export class Pane {
  private readonly painter: PagePainter;
  private readonly wet: WetCanvas;
  /** What others draw just now. */
  private readonly others: WetSheet;
  private readonly marks = new PageMarks(depthOf);
  private readonly endings: (() => void)[];

  constructor(
    host: HTMLElement,
    private viewport: PageViewport,
  ) {
    this.painter = new PagePainter(host, depthOf);
    this.wet = new WetCanvas(host);
    this.others = new WetSheet(host, wetRoom, ({ page, version }) => {
      return page === this.viewport.pageIndex && version === this.viewport.versionId;
    });
    const { element, pageIndex } = viewport;
    this.endings = [
      book.watch(pageIndex, (ids) => (ids ? this.change(ids) : this.show()), element),
      watchPointers(element, {
        grip: pencase.grip,
        viewport: () => this.viewport,
        ready: () => book.mayAnnotate,
        tool: () => (book.mayAnnotate ? pencase.tool : null),
        begin: (start) => {
          const { painter, wet, marks } = this;
          return beginWork({ viewport: this.viewport, marks, painter, wet, desk }, start);
        },
        onFirstPen: () => pencase.penFound(),
        onPalm: (since) => desk.palm(since),
        onScrolledInstead: () => pencase.fingerScrolled(),
        onWork: (under) => {
          desk.working = under;
          this.viewport.hold(under);
        },
        onTap: (point, event) => this.tap(point, event),
      }),
    ];
    this.place(viewport);
    this.show();
  }

  place(viewport: PageViewport): void {
    this.viewport = viewport;
    const { boxWidth, boxHeight, toScreenTransform } = viewport;
    this.painter.place(boxWidth, boxHeight, toScreenTransform);
    this.others.place(boxWidth, boxHeight, toScreenTransform);
    this.wet.place(viewport);
  }

  close(): void {
    for (const end of this.endings) end();
    this.painter.close();
    this.wet.close();
    this.others.close();
  }

  private show(): void {
    const { pageIndex } = this.viewport;
    this.marks.take([...book.marksOn(pageIndex)].filter((mark) => this.isHere(mark)));
    this.painter.show(this.marks.marks);
  }

  private change(ids: readonly string[]): void {
    for (const id of ids) {
      const mark = book.get(id);
      this.marks.set(id, mark && this.isHere(mark) ? mark : undefined);
    }
    this.painter.change(ids);
    // In the same change of the page: the stored stroke takes the place of the wet one.
    wetRoom.settle(ids);
  }

  /** Answers are read where they are given, not on the page. */
  private isHere({ page, version, reply_to }: Mark): boolean {
    const { pageIndex, versionId } = this.viewport;
    return reply_to === undefined && page === pageIndex && version === versionId;
  }

  /** Reading, a tap on a mark chooses it; on the paper beside it, nothing is chosen any more. */
  private tap({ x, y }: PenPoint, event: MouseEvent): void {
    const touch = (event as PointerEvent).pointerType === 'touch';
    const reach = REACH_PX[touch ? 'touch' : 'mouse'] / this.viewport.scale;
    const mark = this.marks.at(x, y, reach);
    desk.choose(mark);
    if (mark?.kind === 'note') desk.openMark(mark);
    if (mark) event.stopPropagation();
  }
}
