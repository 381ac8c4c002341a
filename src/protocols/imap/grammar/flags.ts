// Flags and keywords, RFC 9051 §2.3.2. System flags are bits in the order of the rows; keywords keep the case they came
// with and are compared without.
import type { FlagSet } from '../server/session.ts';
import { FLAGS_MAX, KEYWORD_MAX_OCTETS } from '../limits.ts';
import type { CommandCursor } from './cursor.ts';

/** \Seen, \Answered, \Flagged, \Deleted, \Draft as bits 1, 2, 4, 8, 16. */
export const SYSTEM_FLAG_NAMES = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'] as const;

export const SEEN = 1;
export const ANSWERED = 2;
export const FLAGGED = 4;
export const DELETED = 8;
export const DRAFT = 16;

const BITS: ReadonlyMap<string, number> = new Map(
  SYSTEM_FLAG_NAMES.map((name, i) => [name.slice(1).toUpperCase(), 1 << i]),
);

/** The 32 texts of system flags, by bits. */
const SYSTEM_TEXTS: readonly string[] = Array.from({ length: 32 }, (_, bits) =>
  SYSTEM_FLAG_NAMES.filter((__, i) => (bits & (1 << i)) !== 0).join(' '),
);

/** 'flag SP flag …' without parentheses. */
export function formatFlags(flags: number, keywords: string, recent: boolean): string {
  let text = SYSTEM_TEXTS[flags & 31]!;
  if (keywords !== '') text = text === '' ? keywords : `${text} ${keywords}`;
  if (recent) text = text === '' ? '\\Recent' : `${text} \\Recent`;
  return text;
}

/** '(' flags ')' or, for STORE, flags without parentheses. \Recent cannot be set and is dropped. */
export function parseFlagList(cursor: CommandCursor, bare: boolean): FlagSet {
  const names: string[] = [];
  if (cursor.peek() === '(') names.push(...cursor.list(() => parseFlag(cursor), FLAGS_MAX, 0));
  else if (!bare) throw cursor.fault("'('");
  else {
    do {
      if (names.length >= FLAGS_MAX) throw cursor.fault(`at most ${FLAGS_MAX} flags`);
      names.push(parseFlag(cursor));
    } while (cursor.skip(' '));
  }
  return toFlagSet(names);
}

function parseFlag(cursor: CommandCursor): string {
  const at = cursor.position;
  if (cursor.skip('\\')) {
    const name = cursor.keyword('a flag');
    if (!BITS.has(name) && name !== 'RECENT') {
      cursor.position = at;
      throw cursor.fault('a flag that exists');
    }
    return `\\${name}`;
  }
  const keyword = cursor.atom('a flag');
  if (keyword.length > KEYWORD_MAX_OCTETS) {
    cursor.position = at;
    throw cursor.fault(`a keyword of at most ${KEYWORD_MAX_OCTETS} characters`);
  }
  return keyword;
}

function toFlagSet(names: readonly string[]): FlagSet {
  let flags = 0;
  const keywords = new Map<string, string>();
  for (const name of names) {
    if (name.startsWith('\\')) flags |= BITS.get(name.slice(1)) ?? 0;
    else if (!keywords.has(name.toLowerCase())) keywords.set(name.toLowerCase(), name);
  }
  return { flags, keywords: [...keywords.values()].sort().join(' ') };
}
