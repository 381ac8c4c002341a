// TOML text → plain values, with the line of every key. The grammar is smol-toml's; it tells no lines, so a scanner of
// our own finds them in text that is already known to be valid.
import { parse } from 'smol-toml';
import { ConfigError } from './config-error.ts';
import { TOML_DEPTH_MAX } from './limits.ts';

export interface TomlDocument {
  readonly values: Readonly<Record<string, unknown>>;
  /** The line of a key such as `listener.1.port`, or of the nearest key around it; null when there is none. */
  lineOf(path: readonly (string | number)[]): number | null;
}

/** Parses TOML. Throws ConfigError with the line of the first fault. */
export function parseToml(text: string, file: string): TomlDocument {
  let values: Record<string, unknown>;
  try {
    values = parse(text, { maxDepth: TOML_DEPTH_MAX });
  } catch (error) {
    const { line, message } = error as Error & { line?: number };
    const what = message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? 'unreadable';
    throw new ConfigError([{ file, line: line ?? null, message: `this is not TOML: ${what}` }]);
  }
  const lines = keyLines(text);
  return {
    values,
    lineOf(path) {
      for (let end = path.length; end > 0; end--) {
        const line = lines.get(path.slice(0, end).join('\n'));
        if (line !== undefined) return line;
      }
      return null;
    },
  };
}

const SEGMENT = /[ \t]*(?:([\w-]+)|("(?:[^"\\\n]|\\.)*")|'([^'\n]*)')[ \t]*/uy;

/** The segments of a dotted key that starts at `from`, and where it ends. */
function readKey(text: string, from: number): { segments: string[]; end: number } {
  const segments: string[] = [];
  let end = from;
  for (;;) {
    SEGMENT.lastIndex = end;
    const found = SEGMENT.exec(text);
    if (found === null) return { segments, end };
    segments.push(found[1] ?? found[3] ?? unquote(found[2] ?? ''));
    end = SEGMENT.lastIndex;
    if (text[end] !== '.') return { segments, end };
    end++;
  }
}

/** The text of a key in double quotes; JSON knows the escapes that matter for telling a line. */
function unquote(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}

/** Path → line, for every key and header outside inline tables. */
function keyLines(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let table: string[] = [];
  let line = 1;
  let at = 0;
  const note = (path: readonly string[]): void => {
    const key = path.join('\n');
    if (!lines.has(key)) lines.set(key, line);
  };
  while (at < text.length) {
    const start = skipBlanks(text, at);
    const isArray = text.startsWith('[[', start);
    const isTable = text[start] === '[';
    const { segments, end } = readKey(text, start + (isArray ? 2 : isTable ? 1 : 0));
    if (segments.length > TOML_DEPTH_MAX) table = []; // no setting is so deep
    else if (segments.length > 0 && isTable) {
      table = inArrays(segments, counts, isArray);
      note(table);
    } else if (segments.length > 0) note([...table, ...segments]);
    const next = segments.length > 0 && text[end] === '=' ? endOfValue(text, end + 1) : endOfLine(text, start);
    for (let i = text.indexOf('\n', at); i >= 0 && i < next; i = text.indexOf('\n', i + 1)) line++;
    at = next;
  }
  return lines;
}

/** The header's path with the index of each array of tables on its way. */
function inArrays(segments: readonly string[], counts: Map<string, number>, isArray: boolean): string[] {
  const path: string[] = [];
  for (const [index, segment] of segments.entries()) {
    path.push(segment);
    const key = path.join('\n');
    const last = index === segments.length - 1;
    const before = counts.get(key);
    if (isArray && last) counts.set(key, (before ?? -1) + 1);
    if (counts.has(key)) path.push(String(counts.get(key)));
  }
  return path;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}

/** The offset after the line break that ends the value which starts at `from`. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"' || sign === "'") at = endOfString(text, at, sign);
    else if (sign === '#') at = endOfLine(text, at) - 2;
    else if (sign === '[' || sign === '{') depth++;
    else if (sign === ']' || sign === '}') depth--;
    else if (sign === '\n' && depth <= 0) return at + 1;
  }
  return text.length;
}

/** The offset of the last quote of the string that starts at `from`. */
function endOfString(text: string, from: number, quote: string): number {
  const long = text.startsWith(quote.repeat(3), from);
  const closing = long ? quote.repeat(3) : quote;
  for (let at = from + closing.length; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++;
    else if (text.startsWith(closing, at)) {
      const end = at + closing.length - 1;
      if (!long) return end;
      // A long string may end in up to two quotes of its own.
      const own = text[end + 1] !== quote ? 0 : text[end + 2] !== quote ? 1 : 2;
      return end + own;
    }
  }
  return text.length;
}
