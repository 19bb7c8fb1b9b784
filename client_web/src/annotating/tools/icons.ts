import type { IconName } from '../../ui';
import type { Tool } from './tools';

export const TOOL_ICONS: Readonly<Record<Tool, IconName>> = {
  pen: 'pen',
  highlighter: 'marker',
  highlight: 'markText',
  underline: 'underline',
  strikeout: 'strike',
  note: 'note',
  eraser: 'eraser',
  point_eraser: 'cut',
  select: 'select',
  rectangle: 'rectangle',
  ellipse: 'ellipse',
  line: 'straight',
  arrow: 'arrow',
  text: 'textBox',
  stamp: 'stamp',
  pointer: 'pointer',
};
