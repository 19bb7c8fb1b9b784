import type { Work, WorkStart } from '../pen/surface';
import { EraserWork } from './eraser-work';
import { InkWork } from './ink-work';
import { NoteWork } from './note-work';
import type { WorkPlace } from './place';
import { PointEraserWork } from './point-eraser-work';
import { PointerWork } from './pointer-work';
import { SelectWork } from './select-work';
import { ShapeWork } from './shape-work';
import { StampWork } from './stamp-work';
import { TextWork } from './text-work';
import { WriteWork } from './write-work';

/** The gesture that a tool makes of a contact with the page. */
export function beginWork(place: WorkPlace, start: WorkStart): Work {
  switch (start.tool) {
    case 'pen':
    case 'highlighter':
      return new InkWork(place, start.tool, start);
    case 'highlight':
    case 'underline':
    case 'strikeout':
      return new TextWork(place, start.tool, start);
    case 'eraser':
      return new EraserWork(place, start);
    case 'select':
      return new SelectWork(place, start);
    case 'point_eraser':
      return new PointEraserWork(place, start);
    case 'rectangle':
    case 'ellipse':
    case 'line':
    case 'arrow':
      return new ShapeWork(place, start.tool, start);
    case 'text':
      return new WriteWork(place, start);
    case 'stamp':
      return new StampWork(place, start);
    case 'pointer':
      return new PointerWork(place, start);
    case 'note':
      return new NoteWork(place, start);
  }
}
