/** The pen case: which tool is in the hand, with what colour and width, and which hand it is. */
import { STAMPS, type StampName } from './marks/stamps';
import {
  DEFAULT_PENS,
  DEFAULT_STYLES,
  type StyledTool,
  type Tool,
  type ToolStyle,
} from './tools/tools';
import { Grip } from './pen/grip';

export type Hand = 'right' | 'left';

const KEY = 'phonghop.pencase';

interface Kept {
  styles: Partial<Record<StyledTool, ToolStyle>>;
  pens: ToolStyle[];
  pen: number;
  stamp: StampName;
  hand: Hand;
  penSeen: boolean;
  /** The person's own word: fingers draw although there is a pen. */
  fingers?: boolean;
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
  /** What is to be told about who draws: a pen was found, or is awaited and a finger came. */
  news = $state<'found' | 'scrolls' | null>(null);
  /** The drawing tool to come back to from eraser and selection. */
  lastTool: Tool = 'pen';

  readonly grip = new Grip(window);
  private fingers = false;
  private toldScrolls = false;

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
    this.penSeen = kept?.penSeen ?? false;
    if (kept?.fingers) this.setFingers(true);
    else if (this.penSeen) this.setPenMode();
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
    this.setFingers(yes);
    this.keep();
  }

  /** The first pen contact: the rules have decided. */
  penFound(): void {
    if (!this.penSeen) this.news = 'found';
    this.penSeen = true;
    this.setPenMode();
    if (this.tool === null) this.tool = this.lastTool;
    this.open = true;
    this.keep();
  }

  /** A finger with a tool in the hand has moved the page. Where no pen has come near since the
   * start, its owner may have none: said once. */
  fingerScrolled(): void {
    if (this.toldScrolls || this.grip.penHere) return;
    this.toldScrolls = true;
    this.news = 'scrolls';
  }

  private setPenMode(): void {
    this.penMode = this.grip.rules.penMode = true;
  }

  private setFingers(yes: boolean): void {
    this.fingers = yes;
    this.grip.rules.letFingersDraw(yes);
    this.penMode = !yes;
  }

  private keep(): void {
    const { styles, pens, pen, stamp, hand, penSeen, fingers } = this;
    const kept: Kept = { styles, pens, pen, stamp, hand, penSeen, fingers };
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

export const pencase = new PenCase();
