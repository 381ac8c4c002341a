// HEADER.FIELDS and HEADER.FIELDS.NOT: some fields of a header section, octet for octet, RFC 9051 §6.4.5.1.

const SPACE = 0x20;
const TAB = 0x09;
const CRLF = '\r\n';
const NAME_END = /[ \t]+$/;

/**
 * The fields of a header section (with or without its empty line) whose names (lower case) are in `names`, or with
 * `isExcluded` those whose are not, folded as they are, and an empty line behind them.
 */
export function selectFields(header: Buffer, names: ReadonlySet<string>, isExcluded: boolean): Buffer {
  const text = header.toString('latin1');
  let selected = '';
  let isWanted = false;
  // Where the wanted run of lines began.
  let runStart = 0;
  let at = 0;
  while (at < text.length) {
    const lf = text.indexOf('\n', at);
    const next = lf === -1 ? text.length : lf + 1;
    const code = text.charCodeAt(at);
    if (at === 0 || (code !== SPACE && code !== TAB)) {
      const line = text.slice(at, next);
      if (line === CRLF || line === '\n') break;
      const wanted = names.has(fieldName(line)) !== isExcluded;
      if (isWanted && !wanted) selected += text.slice(runStart, at);
      if (wanted && !isWanted) runStart = at;
      isWanted = wanted;
    }
    at = next;
  }
  if (isWanted) selected += text.slice(runStart, at);
  if (selected !== '' && !selected.endsWith('\n')) selected += CRLF;
  return Buffer.from(selected + CRLF, 'latin1');
}

/** '' for a line that is no field. */
function fieldName(line: string): string {
  const colon = line.indexOf(':');
  return colon === -1 ? '' : line.slice(0, colon).replace(NAME_END, '').toLowerCase();
}
