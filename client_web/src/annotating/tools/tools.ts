/** The tools of the pen case, their colours and widths. Widths are points of page space. */

export const INK_TOOLS = ['pen', 'highlighter'] as const;
export const TEXT_TOOLS = ['highlight', 'underline', 'strikeout'] as const;
export const SHAPE_TOOLS = ['rectangle', 'ellipse', 'line', 'arrow'] as const;
/** What most hands need, on the bar beside the three pens. */
export const BAR_TOOLS = ['highlighter', 'highlight', 'note', 'eraser', 'select'] as const;
/** The others wait in one popover. */
export const MORE_TOOLS = [
  'underline',
  'strikeout',
  ...SHAPE_TOOLS,
  'text',
  'point_eraser',
  'stamp',
] as const;
/** `pointer` lies beside the sign of the presenter's layer: it is of no use on another one. */
export const TOOLS = ['pen', ...BAR_TOOLS, ...MORE_TOOLS, 'pointer'] as const;

export type InkTool = (typeof INK_TOOLS)[number];
export type TextTool = (typeof TEXT_TOOLS)[number];
export type ShapeTool = (typeof SHAPE_TOOLS)[number];
export type MoreTool = (typeof MORE_TOOLS)[number];
export type Tool = (typeof TOOLS)[number];

export interface ToolStyle {
  color: string;
  width: number;
  opacity: number;
}

/** Dark enough to read on white paper (≥ 4.5:1) and told apart by the colour-blind. */
const INK_COLORS = {
  black: '#1d2733',
  blue: '#1b4fbf',
  red: '#c62828',
  green: '#1b7a3d',
  purple: '#8a3fa0',
} as const;
/** Light enough that black text under them stays black. */
const MARKER_COLORS = {
  yellow: '#ffd84d',
  lime: '#9be28c',
  pink: '#ff9ecb',
  sky: '#8fd0ff',
  orange: '#ffb870',
} as const;

/** The name of one of our colours, for its words. */
export function nameOfColor(color: string): string {
  const all = Object.entries({ ...INK_COLORS, ...MARKER_COLORS });
  return all.find(([, value]) => value === color)?.[0] ?? 'other';
}

const PEN_WIDTHS = [0.8, 1.6, 2.8] as const;
export const WIDTHS: Readonly<Record<InkTool, readonly number[]>> = {
  pen: PEN_WIDTHS,
  highlighter: [8, 12, 18],
};
/** Sizes of written text: as small print, as body, as a heading. */
const FONT_SIZES = [10, 13, 18] as const;

const MARKER_OPACITY = 0.55;

export const DEFAULT_STYLES: Readonly<
  Record<Exclude<Tool, 'eraser' | 'point_eraser' | 'select' | 'stamp' | 'pointer'>, ToolStyle>
> = {
  pen: { color: '#1b4fbf', width: 1.6, opacity: 1 },
  highlighter: { color: '#ffd84d', width: 12, opacity: MARKER_OPACITY },
  highlight: { color: '#ffd84d', width: 0, opacity: MARKER_OPACITY },
  underline: { color: '#c62828', width: 1.2, opacity: 1 },
  strikeout: { color: '#c62828', width: 1.2, opacity: 1 },
  note: { color: '#ffd84d', width: 0, opacity: 1 },
  rectangle: { color: '#c62828', width: 1.6, opacity: 1 },
  ellipse: { color: '#c62828', width: 1.6, opacity: 1 },
  line: { color: '#c62828', width: 1.6, opacity: 1 },
  arrow: { color: '#c62828', width: 1.6, opacity: 1 },
  /** `width` is the size of the letters. */
  text: { color: '#1b4fbf', width: 13, opacity: 1 },
};

/** The three pens at first: one to write, one to correct, one to agree. */
export const DEFAULT_PENS: readonly ToolStyle[] = [
  DEFAULT_STYLES.pen,
  { color: '#c62828', width: 1.6, opacity: 1 },
  { color: '#1d2733', width: 0.8, opacity: 1 },
];

export type StyledTool = keyof typeof DEFAULT_STYLES;

export function isShapeTool(kind: string): kind is ShapeTool {
  return (SHAPE_TOOLS as readonly string[]).includes(kind);
}

export function isMoreTool(tool: Tool | null): tool is MoreTool {
  return (MORE_TOOLS as readonly (string | null)[]).includes(tool);
}

export function isStyledTool(tool: Tool | null): tool is StyledTool {
  return tool !== null && tool in DEFAULT_STYLES;
}

/** The colours offered for a tool, or for a mark of that kind. */
export function colorsFor(kind: string): readonly string[] {
  return kind === 'highlighter' || kind === 'highlight' || kind === 'note'
    ? Object.values(MARKER_COLORS)
    : Object.values(INK_COLORS);
}

export function widthsFor(kind: string): readonly number[] {
  if (kind === 'ink' || isShapeTool(kind)) return PEN_WIDTHS;
  if (kind === 'text' || kind === 'free_text') return FONT_SIZES;
  return kind === 'pen' || kind === 'highlighter' ? WIDTHS[kind] : [];
}

/** The keys of the tools; Escape puts the tool down. */
export const SHORTCUTS: Readonly<Record<string, Tool>> = {
  p: 'pen',
  b: 'highlighter',
  h: 'highlight',
  u: 'underline',
  s: 'strikeout',
  n: 'note',
  e: 'eraser',
  v: 'select',
  r: 'rectangle',
  o: 'ellipse',
  l: 'line',
  a: 'arrow',
  t: 'text',
  d: 'stamp',
  x: 'point_eraser',
};
