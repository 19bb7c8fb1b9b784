import type { Spot } from '../core';
import type { PenPoint } from '../pen/stroke';
import type { Work, WorkStart } from '../pen/surface';
import { shapeGeometry, shapePut } from '../shape-edits';
import type { WorkPlace } from './place';
import type { ShapeTool, ToolStyle } from './tools';

/** Below this a drag was a tap, CSS px: nobody means a shape so small. */
const LEAST_PX = 8;

/** Dragging out a box, an ellipse, a line or an arrow. */
export class ShapeWork implements Work {
  readonly draws = true;
  private readonly from: Spot;
  private to: Spot;
  private readonly style: ToolStyle;

  constructor(
    private readonly place: WorkPlace,
    private readonly tool: ShapeTool,
    { point }: WorkStart,
  ) {
    this.from = this.to = [point.x, point.y];
    this.style = place.desk.style(tool);
  }

  move(points: readonly PenPoint[], _predicted: readonly PenPoint[]): void {
    const last = points[points.length - 1];
    if (last) this.to = [last.x, last.y];
    const { tool: kind, style } = this;
    const geometry = shapeGeometry(kind, this.from, this.to);
    this.place.painter.preview(this.isMeant() ? [{ kind, geometry, style }] : []);
  }

  end(): void {
    const { desk, painter, viewport } = this.place;
    painter.preview([]);
    if (!this.isMeant()) return;
    desk.put(shapePut(desk.birth(viewport), this.tool, this.from, this.to, this.style));
  }

  cancel(): void {
    this.place.painter.preview([]);
  }

  private isMeant(): boolean {
    const long = Math.hypot(this.to[0] - this.from[0], this.to[1] - this.from[1]);
    return long * this.place.viewport.scale >= LEAST_PX;
  }
}
