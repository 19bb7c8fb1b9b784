import { inkPut } from '../edits';
import type { PointerDevice } from '../pen/pointer-rules';
import { GrowingStroke, type PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import type { WorkPlace } from './place';
import type { InkTool, ToolStyle } from './tools';

/** Drawing a stroke with the pen or the highlighter. */
export class InkWork implements Work {
  private stroke: GrowingStroke;
  private readonly style: ToolStyle;
  private readonly device: PointerDevice;
  private from: number;

  constructor(
    private readonly place: WorkPlace,
    private readonly tool: InkTool,
    { point, device }: WorkStart,
  ) {
    this.style = place.desk.style(tool);
    this.device = device;
    this.from = point.at;
    this.stroke = this.begin(point);
  }

  move(points: readonly PenPoint[], predicted: readonly PenPoint[]): void {
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
    this.finish();
    this.place.wet.end();
  }

  cancel(): void {
    this.place.wet.end();
  }

  private begin(first: PenPoint): GrowingStroke {
    // A marker lies flat: it is as wide however hard it is pressed.
    const even = this.tool === 'highlighter';
    const stroke = new GrowingStroke(even ? { ...first, pressure: null } : first);
    this.place.wet.begin(this.place.viewport, { ...this.style, under: even });
    this.place.wet.draw(stroke, []);
    return stroke;
  }

  private finish(): void {
    const { desk, viewport } = this.place;
    const kind = this.tool === 'pen' ? 'ink' : 'highlighter';
    const put = inkPut(desk.birth(viewport), kind, this.stroke, this.style);
    desk.put(put, { device: this.device, from: this.from });
  }
}
