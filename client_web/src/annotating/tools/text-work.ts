import type { Word } from '../../documents';
import { anchorOf, type Put, type Quad } from '../core';
import { textPut } from '../edits';
import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { quadsOf, wordsBetween, type PageText } from '../text/select-words';
import type { WorkPlace } from './place';
import type { TextTool, ToolStyle } from './tools';

/** Marking text: the drag snaps to words; a tap marks the word under it. */
export class TextWork implements Work {
  readonly draws = true;
  private readonly from: PenPoint;
  private to: PenPoint;
  private words: Word[] | null = null;
  private readonly style: ToolStyle;
  private over = false;
  private failed = false;
  private readonly put: (put: Put) => boolean;

  constructor(
    private readonly place: WorkPlace,
    private readonly tool: TextTool,
    { point }: WorkStart,
  ) {
    this.from = this.to = point;
    this.style = place.desk.style(tool);
    this.put = place.desk.later();
    void place.viewport.words().then(
      (words) => this.read(words),
      () => this.fail(),
    );
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    this.to = points[points.length - 1] ?? this.to;
    this.show();
  }

  end(): void {
    this.over = true;
    if (this.words) this.finish();
  }

  cancel(): void {
    this.over = true;
    this.words = [];
    this.place.painter.preview([]);
  }

  private read(words: Word[]): void {
    if (this.words) return;
    this.words = words;
    if (this.over) this.finish();
    else this.show();
  }

  /** The words could not be read, or the page was left: that is not a page without any. */
  private fail(): void {
    if (this.words) return;
    this.words = [];
    this.failed = true;
    this.place.desk.say('marks.textUnread');
  }

  private show(): void {
    const quads = this.quads()?.quads;
    const { tool: kind, style } = this;
    this.place.painter.preview(quads ? [{ kind, geometry: { quads }, style }] : []);
  }

  private quads(): { quads: Quad[]; first: number; last: number; words: Word[] } | null {
    const { words } = this;
    if (!words || words.length === 0) return null;
    const { widthPt, heightPt, rotation } = this.place.viewport;
    const text: PageText = { words, widthPt, heightPt, rotation };
    const range = wordsBetween(text, this.from, this.to);
    if (!range) return null;
    return { quads: quadsOf(text, ...range), first: range[0], last: range[1], words };
  }

  private finish(): void {
    const { desk, painter, viewport } = this.place;
    painter.preview([]);
    if (this.failed) return;
    if (this.words?.length === 0) return desk.say('marks.noText');
    const found = this.quads();
    if (!found) return;
    const anchor = anchorOf(found.words, found.first, found.last, viewport.pageIndex);
    const put = textPut(desk.birth(viewport), this.tool, found.quads, anchor, this.style);
    if (!this.put(put)) desk.say('marks.textUnread');
  }
}
