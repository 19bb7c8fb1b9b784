/** The pen case: which tool is in the hand, with what colour and width, and which hand it is. */
import { STAMPS, type StampName } from './marks/stamps';
import {
  DEFAULT_PENS,
  DEFAULT_STYLES,
  TOOLS,
  type StyledTool,
  type Tool,
  type ToolStyle,
} from './tools/tools';
import { PointerRules } from './pen/pointer-rules';

export type Hand = 'right' | 'left';

const KEY = 'phonghop.pencase';

interface Kept {
  styles: Partial<Record<StyledTool, ToolStyle>>;
  pens: ToolStyle[];
  pen: number;
  stamp: StampName;
  hand: Hand;
  penSeen: boolean;
}

class PenCase {
  /** `null`: the hand is empty; fingers scroll, text can be selected. */
  tool = $state<Tool | null>(null);
  styles = $state<Record<StyledTool, ToolStyle>>({ ...DEFAULT_STYLES });
  /** The three favourite pens, and which of them writes: its style is `styles.pen`. */
  pens = $state<ToolStyle[]>([...DEFAULT_PENS]);
  pen = $state(0);
  stamp = $state<StampName>('dong_y');
  hand = $state<Hand>('right');
  /** The tools are laid out; else only the pen waits at the edge. */
  open = $state(false);
  /** "Pen draws, finger scrolls." */
  penMode = $state(false);
  /** This device has been drawn on with a pen: the switch between pen and finger is offered. */
  penSeen = $state(false);
  /** The drawing tool to come back to from eraser and selection. */
  lastTool: Tool = 'pen';

  readonly rules = new PointerRules();

  constructor() {
    const kept = read();
    for (const [tool, style] of Object.entries(kept?.styles ?? {})) {
      if (tool in DEFAULT_STYLES) this.styles[tool as StyledTool] = style;
    }
    // A pen case of before had one pen: it is the first of the three.
    const pens = kept?.pens ?? [this.styles.pen];
    this.pens = DEFAULT_PENS.map((pen, i) => pens[i] ?? pen);
    this.pen = this.pens[kept?.pen ?? 0] ? (kept?.pen ?? 0) : 0;
    this.styles.pen = this.pens[this.pen] ?? DEFAULT_STYLES.pen;
    if (kept && kept.stamp in STAMPS) this.stamp = kept.stamp;
    this.hand = kept?.hand === 'left' ? 'left' : 'right';
    if (kept?.penSeen) this.setPenMode(true);
    // A page that scrolls away takes its pointers' last events along; the window still hears them.
    for (const type of ['pointerup', 'pointercancel'] as const) {
      addEventListener(type, ({ pointerId, pointerType, timeStamp }) => {
        const pen = pointerType === 'pen' || pointerType === 'touch' ? pointerType : 'mouse';
        this.rules.up(pointerId, pen, timeStamp);
      });
    }
  }

  /** `null` puts the tool down. */
  take(tool: Tool | null): void {
    this.tool = tool;
    const passing = tool === null || tool === 'select' || tool === 'pointer';
    if (!passing && !tool.endsWith('eraser')) this.lastTool = tool;
  }

  /** One of the three pens comes into the hand. */
  choosePen(index: number): void {
    const style = this.pens[index];
    if (!style) return;
    this.pen = index;
    this.styles.pen = style;
    this.keep();
  }

  chooseStamp(name: StampName): void {
    this.stamp = name;
    this.keep();
  }

  setStyle(tool: StyledTool, change: Partial<ToolStyle>): void {
    this.styles[tool] = { ...this.styles[tool], ...change };
    if (tool === 'pen') this.pens[this.pen] = this.styles.pen;
    this.keep();
  }

  setHand(hand: Hand): void {
    this.hand = hand;
    this.keep();
  }

  /** Lays the tools out with the last one in the hand, or puts all away. */
  lay(open: boolean): void {
    this.open = open;
    this.take(open ? this.lastTool : null);
  }

  /** The person's own word on who draws. */
  letFingersDraw(yes: boolean): void {
    this.rules.letFingersDraw(yes);
    this.penMode = !yes;
  }

  /** The first pen contact: the rules have decided. */
  penFound(): void {
    this.setPenMode(true);
    if (this.tool === null) this.tool = this.lastTool;
    this.open = true;
    this.keep();
  }

  private setPenMode(on: boolean): void {
    this.penSeen = true;
    this.penMode = on;
    this.rules.penMode = on;
  }

  private keep(): void {
    const { styles, pens, pen, stamp, hand, penSeen } = this;
    const kept: Kept = { styles, pens, pen, stamp, hand, penSeen };
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // not remembered, still taken
    }
  }
}

function read(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

export function isTool(name: string): name is Tool {
  return (TOOLS as readonly string[]).includes(name);
}

export const pencase = new PenCase();
