// RETURN options of SEARCH, SORT and ESEARCH: RFC 4731 §3.1, RFC 5182 §2.1 (SAVE), RFC 5267 §4 (UPDATE,
// CONTEXT), RFC 9394 §3.1 (PARTIAL); and the charset in front of the criteria.
import type { CommandCursor } from './cursor.ts';
import { parsePartialRange, type PartialRange } from './partial.ts';

export type ReturnOption = 'MIN' | 'MAX' | 'ALL' | 'COUNT' | 'SAVE' | 'PARTIAL' | 'UPDATE' | 'CONTEXT';

export interface ReturnOptions {
  readonly names: ReadonlySet<ReturnOption>;
  readonly partial: PartialRange | null;
}

/** What an extended answer tells where nothing was named. */
export const RETURN_ALL: ReturnOptions = { names: new Set<ReturnOption>(['ALL']), partial: null };

const PLAIN: readonly ReturnOption[] = ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE', 'UPDATE', 'CONTEXT'];
const CHARSETS = ['US-ASCII', 'ASCII', 'UTF-8', 'UTF8'];

/** 'RETURN (…) ', when it stands here; null when not. Throws SyntaxFault. */
export function parseReturnOptions(cursor: CommandCursor): ReturnOptions | null {
  if (!cursor.skipKeyword('RETURN')) return null;
  cursor.space();
  const at = cursor.position;
  let partial: PartialRange | null = null;
  const listed = cursor.list(
    () => {
      const name = parseName(cursor);
      if (name !== 'PARTIAL') return name;
      // RFC 9394 §3.1: not twice, and not with ALL.
      if (partial !== null) throw cursor.fault('one PARTIAL');
      cursor.space();
      partial = parsePartialRange(cursor);
      return name;
    },
    16,
    0,
  );
  const names = new Set(listed);
  if (partial !== null && names.has('ALL')) {
    cursor.position = at;
    throw cursor.fault('ALL or PARTIAL, not both');
  }
  // RFC 4731 §3.1: nothing named means all of them.
  const tells = listed.some((name) => name !== 'UPDATE' && name !== 'CONTEXT');
  if (!tells && !names.has('UPDATE')) names.add('ALL');
  cursor.space();
  return { names, partial };
}

function parseName(cursor: CommandCursor): ReturnOption {
  const at = cursor.position;
  const name = cursor.keyword('a return option') as ReturnOption;
  if (name === 'PARTIAL' || PLAIN.includes(name)) return name;
  cursor.position = at;
  throw cursor.fault('MIN, MAX, ALL, COUNT, SAVE, PARTIAL, UPDATE or CONTEXT');
}

/**
 * The name of a charset and the space behind it. False: one that is not known here, and strings in it cannot be read.
 * All that are known read as UTF-8.
 */
export function parseCharset(cursor: CommandCursor): boolean {
  const known = CHARSETS.includes(cursor.astring('a charset').toUpperCase());
  cursor.space();
  return known;
}
