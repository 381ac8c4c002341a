// HTML to the text that a reader sees, for search and preview. It does not build a document: tags go, blocks begin lines,
// what is never shown (scripts, styles, comments) goes with its content. One pass; nothing is kept for what is not closed.

const TAG = /<(\/?)([a-z][a-z0-9]*)/iy;
const BLOCKS = new Set(
  (
    'address article aside blockquote body br caption center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 ' +
    'h4 h5 h6 header hr html legend li main nav ol option p pre section table tbody td textarea tfoot th thead title tr ul'
  ).split(' '),
);
const UNSEEN = new Set(['script', 'style', 'head', 'template', 'noscript']);
const SPACES = /[ \t\r\n\f]+/g;
const AROUND_LINE_ENDS = / *\n[ \n]*/g;
const ENTITY = /&(?:#(\d{1,10})|#x([0-9a-f]{1,8})|([a-z][a-z0-9]{1,7}));?/gi;
/** The named characters of mail, those of Latin-1 from 160 on in order. */
const LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para ' +
  'middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave ' +
  'Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc ' +
  'Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc ' +
  'iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
const NAMED: ReadonlyMap<string, string> = new Map([
  ...LATIN1.split(' ').map((name, i) => [name, String.fromCodePoint(160 + i)] as const),
  ...Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    euro: '€',
    trade: '™',
    bull: '•',
    hellip: '…',
  }),
  ...Object.entries({ ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„' }),
  ...Object.entries({
    lsaquo: '‹',
    rsaquo: '›',
    oelig: 'œ',
    OElig: 'Œ',
    scaron: 'š',
    Scaron: 'Š',
    Yuml: 'Ÿ',
    zwnj: '\u200c',
  }),
]);
const CODE_POINT_MAX = 0x10ffff;

function characterOf(code: number): string {
  return code > 0 && code <= CODE_POINT_MAX && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(ENTITY, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return characterOf(Number(decimal));
    if (hex !== undefined) return characterOf(Number.parseInt(hex, 16));
    return NAMED.get(name!) ?? whole;
  });
}

/** The text of an HTML document or a piece of one; white space runs are one space, blocks are lines. Never throws. */
export function htmlText(html: string): string {
  const pieces: string[] = [];
  let position = 0;
  while (position < html.length) {
    const open = html.indexOf('<', position);
    const end = open === -1 ? html.length : open;
    if (end > position) pieces.push(decodeEntities(html.slice(position, end)).replaceAll(SPACES, ' '));
    if (open === -1) break;
    position = markupEnd(html, open, pieces);
  }
  return pieces.join('').replaceAll(AROUND_LINE_ENDS, '\n').trim();
}

/** Passes what begins at a `<`, and says with a piece what it means for the text. */
function markupEnd(html: string, open: number, pieces: string[]): number {
  if (html.startsWith('<!--', open)) return after(html, '-->', open + 4);
  TAG.lastIndex = open;
  const tag = TAG.exec(html);
  if (tag === null) {
    const next = html[open + 1];
    if (next === '!' || next === '?' || next === '/') return after(html, '>', open);
    pieces.push('<');
    return open + 1;
  }
  const name = tag[2]!.toLowerCase();
  if (BLOCKS.has(name)) pieces.push('\n');
  if (UNSEEN.has(name) && tag[1] === '') {
    const closing = new RegExp(`</${name}`, 'gi');
    closing.lastIndex = TAG.lastIndex;
    return closing.test(html) ? after(html, '>', closing.lastIndex) : html.length;
  }
  return after(html, '>', TAG.lastIndex);
}

/** Behind the next `mark`; the end where there is none. */
function after(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from);
  return found === -1 ? html.length : found + mark.length;
}
