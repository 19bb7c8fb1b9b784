/**
 * Marks as XFDF (ISO 19444-1), written on the tablet. Pure. The server writes the same of its own
 * records (annotations/xfdf.py), and both are read by annotations/xfdf_read.py.
 *
 * XFDF counts in the user space of its PDF, and a tablet knows a page's height at most: neither
 * where its CropBox begins nor its UserUnit. So the page's lower left corner is taken for the
 * origin, which is true of nearly every page, and each mark says how high its page was taken to be:
 * our own import puts it back exactly where it was, on any page.
 */
import { inkFromText, strokeBox, decodeInk, type Box, type Mark, type Spot } from '../core';

const NAMESPACE = 'http://ns.adobe.com/xfdf/';
/** What XFDF has no word for (annotations/xfdf.py, OURS). */
const OURS = 'urn:x-phonghop:xfdf';
export const XFDF_TYPE = 'application/vnd.adobe.xfdf';

/** A4, of a page that this tablet has not seen, points. */
const USUAL_HEIGHT = 841.9;
/** Half of a note's icon with its air (annotations/pdf.py). */
const NOTE_HALF = 12;
const INK_COLOR = '#1d2733';
const FONT_SIZE = 12;
/** The end of the year 9999, ms. */
const LATEST = 253_402_300_799_999;
/** Characters that no XML 1.0 document holds. */
const NO_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

export interface OutgoingMark {
  readonly mark: Mark;
  /** Its name in the file: read twice, a file adds nothing. */
  readonly name: string;
}

/** Heights of unrotated pages, points; undefined where a page is not known. */
export type HeightOf = (page: number) => number | undefined;

/** A whole XFDF file; `href` names the PDF it belongs to. */
export function writeXfdf(
  marks: readonly OutgoingMark[],
  href: string,
  heightOf: HeightOf = () => undefined,
): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<xfdf xmlns="${NAMESPACE}" xmlns:phonghop="${OURS}" xml:space="preserve">`,
    `<f href="${escaped(href)}"/>`,
    '<annots>',
    ...marks.map(({ mark, name }) => element(mark, name, heightOf(mark.page))),
    '</annots>',
    '</xfdf>',
    '',
  ].join('\n');
}

interface Said {
  tag: string;
  attributes: Record<string, string>;
  children?: string;
}

/** From page space to user space; see the file's head. */
class Frame {
  constructor(readonly top: number) {}

  spot([x, y]: Spot): string {
    return `${plain(x)},${plain(this.top - y)}`;
  }

  box([x0, y0, x1, y1]: Box): string {
    return [x0, this.top - y1, x1, this.top - y0].map(plain).join(',');
  }
}

function element(mark: Mark, name: string, height: number | undefined): string {
  const frame = new Frame(height ?? USUAL_HEIGHT);
  const { tag, attributes, children = '' } = shapeOf(mark, frame);
  const { opacity } = mark.style;
  const all: Record<string, string> = {
    page: String(mark.page),
    color: mark.style.color ?? INK_COLOR,
    ...(opacity !== undefined && { opacity: plain(opacity) }),
    name,
    ...(mark.modified > 0 && { date: dateText(mark.modified) }),
    ...(mark.created > 0 && { creationdate: dateText(mark.created) }),
    flags: 'print',
    'phonghop:top': plain(frame.top),
    ...attributes,
  };
  const said = Object.entries(all).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const words = mark.body ? `<contents>${escaped(mark.body)}</contents>` : '';
  return `<${tag}${said.join('')}>${words}${children}</${tag}>`;
}

function shapeOf(mark: Mark, frame: Frame): Said {
  const { geometry, style } = mark;
  const width = style.width ?? 1;
  switch (mark.kind) {
    case 'ink':
    case 'highlighter':
      return ink(mark, frame, width);
    case 'highlight':
    case 'underline':
    case 'strikeout':
    case 'squiggly': {
      const quads = (geometry.quads ?? []).flat();
      const points = pairs(quads);
      return {
        tag: mark.kind,
        attributes: {
          rect: frame.box(around(points, 1)),
          coords: points.map((point) => frame.spot(point)).join(','),
          width: plain(width),
        },
      };
    }
    case 'note':
      return { tag: 'text', attributes: { rect: frame.box(iconOf(mark)), icon: 'Note' } };
    case 'rectangle':
    case 'ellipse': {
      const [x0, y0, x1, y1] = geometry.rect ?? [0, 0, 0, 0];
      const half = width / 2;
      return {
        tag: mark.kind === 'rectangle' ? 'square' : 'circle',
        attributes: {
          rect: frame.box([x0 - half, y0 - half, x1 + half, y1 + half]),
          fringe: [half, half, half, half].map(plain).join(','),
          width: plain(width),
          ...(style.fill !== undefined && { 'interior-color': style.fill }),
        },
      };
    }
    case 'line':
    case 'arrow': {
      const { from = [0, 0], to = [0, 0] } = geometry;
      return {
        tag: 'line',
        attributes: {
          rect: frame.box(around([from, to], width / 2 + 1)),
          start: frame.spot(from),
          end: frame.spot(to),
          head: 'None',
          tail: mark.kind === 'arrow' ? 'OpenArrow' : 'None',
          width: plain(width),
        },
      };
    }
    case 'free_text': {
      const at = `/Helv ${plain(style.font_size ?? FONT_SIZE)} Tf ${inks(style.color)} rg`;
      return {
        tag: 'freetext',
        attributes: { ...turned(mark, frame), width: '0' },
        children: `<defaultappearance>${at}</defaultappearance>`,
      };
    }
    case 'stamp':
      return {
        tag: 'stamp',
        attributes: { ...turned(mark, frame), icon: style.stamp ?? 'Draft', width: plain(width) },
      };
  }
}

function ink(mark: Mark, frame: Frame, width: number): Said {
  const stroke = decodeInk(inkFromText(mark.ink ?? ''));
  const [a, b, c, d, e, f] = mark.geometry.matrix ?? [1, 0, 0, 1, 0, 0];
  const points = [...stroke.xs].map((x, i) => {
    const y = stroke.ys[i] ?? 0;
    return frame.spot([a * x + c * y + e, b * x + d * y + f]);
  });
  const margin = width / 2 + 1;
  const [x0, y0, x1, y1] = strokeBox(stroke, mark.geometry.matrix);
  return {
    tag: 'ink',
    attributes: {
      rect: frame.box([x0 - margin, y0 - margin, x1 + margin, y1 + margin]),
      width: plain(width),
      ...(mark.kind === 'highlighter' && { 'phonghop:kind': 'highlighter' }),
    },
    children: `<inklist><gesture>${points.join(';')}</gesture></inklist>`,
  };
}

/** Viewers keep a note's icon upright about the upper left corner of its box while the page turns
 * (ISO 32000-2 12.5.6.4): that corner lies where the turned page wants it. */
function iconOf({ geometry: { point = [0, 0], rotate = 0 } }: Mark): Box {
  const [x, y] = point;
  const left = rotate === 90 || rotate === 180 ? x + NOTE_HALF : x - NOTE_HALF;
  const top = rotate === 180 || rotate === 270 ? y + NOTE_HALF : y - NOTE_HALF;
  return [left, top, left + 2 * NOTE_HALF, top + 2 * NOTE_HALF];
}

/** Where a box with text stands once it is turned about its middle, and its turn,
 * counter-clockwise. */
function turned({ geometry: { rect = [0, 0, 0, 0], rotate = 0 } }: Mark, frame: Frame) {
  const [x0, y0, x1, y1] = rect;
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const across = rotate === 90 || rotate === 270;
  const [wide, high] = across ? [y1 - y0, x1 - x0] : [x1 - x0, y1 - y0];
  return {
    rect: frame.box([cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2]),
    ...(rotate !== 0 && { rotation: String(360 - rotate) }),
  };
}

function pairs(flat: readonly number[]): Spot[] {
  const points: Spot[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) points.push([flat[i] ?? 0, flat[i + 1] ?? 0]);
  return points;
}

function around(points: readonly Spot[], margin: number): Box {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [
    Math.min(...xs) - margin,
    Math.min(...ys) - margin,
    Math.max(...xs) + margin,
    Math.max(...ys) + margin,
  ];
}

function inks(color = INK_COLOR): string {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  return parts.map(plain).join(' ');
}

/** As XFDF's readers take numbers: never with an exponent. */
function plain(value: number): string {
  return String(Math.round(value * 1000) / 1000 || 0);
}

/** A PDF date in UTC (ISO 32000-2 7.9.4). */
function dateText(ms: number): string {
  const at = new Date(Math.min(LATEST, Math.max(0, ms))).toISOString();
  return `D:${at.slice(0, 19).replaceAll(/\D/g, '')}Z`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replaceAll(NO_XML, '').replaceAll(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
}
