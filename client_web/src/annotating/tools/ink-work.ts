import { inkPut, type Birth } from '../edits';
import type { PointerDevice } from '../pen/pointer-rules';
import { GrowingStroke, type PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { shapePut } from '../shape-edits';
import type { WetStream } from '../wet/sender';
import type { WorkPlace } from './place';
import { HOLD_MS, isLine, LEAST_LINE_PX, REST_PX } from './straight';
import type { InkTool, ToolStyle } from './tools';

/** A prediction is for the next frame or two; a pen that rests would show a tail beyond its tip. */
const PREDICTED_MS = 50;

/** Drawing a stroke with the pen or the highlighter. A pen held still at the end of a line makes
 * it straight; the end then follows the pen until it lifts. */
export class InkWork implements Work {
  readonly draws = true;
  private stroke: GrowingStroke;
  private readonly style: ToolStyle;
  private readonly device: PointerDevice;
  private birth: Birth;
  /** Where others watch, the stroke travels while it is drawn. */
  private stream: WetStream | null;
  private from: number;
  private rest: PenPoint;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private predicting: ReturnType<typeof setTimeout> | undefined;
  private straight = false;

  constructor(
    private readonly place: WorkPlace,
    private readonly tool: InkTool,
    { point, device }: WorkStart,
  ) {
    this.style = place.desk.style(tool);
    this.device = device;
    this.from = point.at;
    this.rest = point;
    // A tablet without room for a canvas fails here, before others were told of a stroke.
    this.stroke = this.begin(point);
    [this.birth, this.stream] = this.announce(point);
  }

  move(points: readonly PenPoint[], predicted: readonly PenPoint[]): void {
    clearTimeout(this.predicting);
    const last = points[points.length - 1];
    if (last) this.watchRest(last);
    if (this.straight) {
      if (last) this.drawLine(last);
      return;
    }
    let drawn: PenPoint[] = [];
    for (const point of points) {
      if (this.stroke.add(point)) drawn.push(point);
      if (!this.stroke.full) continue;
      this.stream?.add(drawn, this.isEven());
      drawn = [];
      this.stream?.end();
      this.finish();
      this.from = point.at;
      [this.birth, this.stream] = this.announce(point);
      this.stroke = this.begin(point);
    }
    this.stream?.add(drawn, this.isEven());
    this.place.wet.draw(this.stroke, predicted);
    if (predicted.length > 0) {
      this.predicting = setTimeout(() => this.place.wet.draw(this.stroke, []), PREDICTED_MS);
    }
  }

  end(): void {
    this.stopWaiting();
    this.stream?.end();
    this.finish();
    this.place.wet.end();
  }

  cancel(): void {
    this.stopWaiting();
    this.stream?.drop();
    this.place.wet.end();
  }

  private stopWaiting(): void {
    clearTimeout(this.resting);
    clearTimeout(this.predicting);
  }

  /** The id under which it will be stored, and under which others see it grow. */
  private announce(first: PenPoint): [Birth, WetStream | null] {
    const { desk, viewport } = this.place;
    const birth = desk.birth(viewport);
    const { id, page, version } = birth;
    const { color, width, opacity } = this.style;
    const kind = this.tool === 'pen' ? 'ink' : 'highlighter';
    const stream = desk.stream({ id, page, version, kind, style: { color, width, opacity } });
    stream?.add([first], this.isEven());
    return [birth, stream];
  }

  /** A marker lies flat: it is as wide however hard it is pressed. */
  private isEven(): boolean {
    return this.tool === 'highlighter' || this.straight;
  }

  private begin(first: PenPoint): GrowingStroke {
    const stroke = new GrowingStroke(this.isEven() ? { ...first, pressure: null } : first);
    const under = this.tool === 'highlighter';
    this.place.wet.begin(this.place.viewport, { ...this.style, under });
    this.place.wet.draw(stroke, []);
    return stroke;
  }

  private watchRest(point: PenPoint): void {
    const away = Math.hypot(point.x - this.rest.x, point.y - this.rest.y);
    if (this.straight || away * this.place.viewport.scale <= REST_PX) return;
    this.rest = point;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.straighten(), HOLD_MS);
  }

  private straighten(): void {
    const { xs, ys } = this.stroke;
    const end = xs.length - 1;
    if (!isLine(xs, ys, LEAST_LINE_PX / this.place.viewport.scale)) return;
    this.straight = true;
    this.drawLine({ ...this.rest, x: xs[end] as number, y: ys[end] as number });
  }

  private drawLine(to: PenPoint): void {
    const { xs, ys } = this.stroke;
    this.stroke = this.begin({ ...to, x: xs[0] as number, y: ys[0] as number });
    this.stroke.add({ ...to, pressure: null });
    this.stream?.restart([{ ...to, x: xs[0] as number, y: ys[0] as number }, to]);
    this.place.wet.draw(this.stroke, []);
  }

  private finish(): void {
    const { desk } = this.place;
    const { birth } = this;
    const { xs, ys } = this.stroke;
    const drawn = { device: this.device, from: this.from };
    if (this.straight && this.tool === 'pen' && xs.length === 2) {
      const ends = xs.map((x, i): [number, number] => [x, ys[i] as number]);
      const [from, to] = ends as [[number, number], [number, number]];
      return desk.put(shapePut(birth, 'line', from, to, this.style), drawn);
    }
    const kind = this.tool === 'pen' ? 'ink' : 'highlighter';
    desk.put(inkPut(birth, kind, this.stroke, this.style), drawn, this);
  }
}
