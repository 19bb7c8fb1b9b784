/** What the page view lets its guests (marks, panels, tools) do with it. */
import type { DocumentView } from '../wire';
import type { Point } from './space';

export interface DocumentControl {
  /** The document as the server last described it. */
  readonly view: DocumentView;
  /** Index of the page that is looked at. */
  readonly currentPage: number;
  /** Shows a page, or a point of it (page space) a little below the top of the window. */
  goTo(pageIndex: number, point?: Point): void;
  /** The label printed on a page. */
  pageLabel(pageIndex: number): string;
  /** The open panel's id, and a way to open one. */
  openPanel(id: string | undefined): void;
}
