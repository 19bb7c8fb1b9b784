import { inkPut } from '../edits';
import type { PointerDevice } from '../pen/pointer-rules';
import { GrowingStroke, type PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { shapePut } from '../shape-edits';
import type { WorkPlace } from './place';
import { HOLD_MS, isLine, LEAST_LINE_PX, REST_PX } from './straight';
import type { InkTool, ToolStyle } from './tools';

/** Drawing a stroke with the pen or the highlighter. A pen held still at the end of a line makes
 * it straight; the end then follows the pen until it lifts. */
export class InkWork implements Work {
  private stroke: GrowingStroke;
  private readonly style: ToolStyle;
  private readonly device: PointerDevice;
  private from: number;
  private rest: PenPoint;
  private resting: ReturnType<typeof setTimeout> | undefined;
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
    this.stroke = this.begin(point);
  }

  move(points: readonly PenPoint[], predicted: readonly PenPoint[]): void {
    const last = points[points.length - 1];
    if (last) this.watchRest(last);
    if (this.straight) {
      if (last) this.drawLine(last);
      return;
    }
    for (const point of points) {
      this.stroke.add(point);
      if (!this.stroke.full) continue;
      this.finish();
      this.from = point.at;
      this.stroke = this.begin(point);
    }
    this.place.wet.draw(this.stroke, predicted);
  }

  end(): void {
    clearTimeout(this.resting);
    this.finish();
    this.place.wet.end();
  }

  cancel(): void {
    clearTimeout(this.resting);
    this.place.wet.end();
  }

  private begin(first: PenPoint): GrowingStroke {
    // A marker lies flat: it is as wide however hard it is pressed.
    const even = this.tool === 'highlighter' || this.straight;
    const stroke = new GrowingStroke(even ? { ...first, pressure: null } : first);
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
    this.place.wet.draw(this.stroke, []);
  }

  private finish(): void {
    const { desk, viewport } = this.place;
    const { xs, ys } = this.stroke;
    const birth = desk.birth(viewport);
    const drawn = { device: this.device, from: this.from };
    if (this.straight && this.tool === 'pen' && xs.length === 2) {
      const ends = xs.map((x, i): [number, number] => [x, ys[i] as number]);
      const [from, to] = ends as [[number, number], [number, number]];
      return desk.put(shapePut(birth, 'line', from, to, this.style), drawn);
    }
    const kind = this.tool === 'pen' ? 'ink' : 'highlighter';
    desk.put(inkPut(birth, kind, this.stroke, this.style), drawn);
  }
}
