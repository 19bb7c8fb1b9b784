/** The pen case: which tool is in the hand, with what colour and width, and which hand it is. */
import { DEFAULT_STYLES, TOOLS, type StyledTool, type Tool, type ToolStyle } from './tools/tools';
import { PointerRules } from './pen/pointer-rules';

export type Hand = 'right' | 'left';

const KEY = 'phonghop.pencase';

interface Kept {
  styles: Partial<Record<StyledTool, ToolStyle>>;
  hand: Hand;
  penSeen: boolean;
}

class PenCase {
  /** `null`: the hand is empty; fingers scroll, text can be selected. */
  tool = $state<Tool | null>(null);
  styles = $state<Record<StyledTool, ToolStyle>>({ ...DEFAULT_STYLES });
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
    if (tool !== null && tool !== 'eraser' && tool !== 'select') this.lastTool = tool;
  }

  setStyle(tool: StyledTool, change: Partial<ToolStyle>): void {
    this.styles[tool] = { ...this.styles[tool], ...change };
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
    const kept: Kept = { styles: this.styles, hand: this.hand, penSeen: this.penSeen };
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
