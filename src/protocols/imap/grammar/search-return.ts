// RETURN options of SEARCH and SORT, RFC 9051 §6.4.4, RFC 5267 §3, RFC 9394; and the charsets that strings may come in.
import type { CommandCursor } from './cursor.ts';
import { parsePartialRange, type PartialRange } from './partial.ts';

export type ReturnOption = 'MIN' | 'MAX' | 'ALL' | 'COUNT' | 'SAVE' | 'PARTIAL';

export interface ReturnOptions {
  readonly returns: ReadonlySet<ReturnOption>;
  readonly partial: PartialRange | null;
}

const CHARSETS = ['US-ASCII', 'ASCII', 'UTF-8', 'UTF8'];
const OPTIONS_MAX = 8;

/** Whether strings in this charset can be understood: all are read as UTF-8. */
export function isKnownCharset(name: string): boolean {
  return CHARSETS.includes(name.toUpperCase());
}

/** SP '(' options ')'. Throws SyntaxFault. */
export function parseReturns(cursor: CommandCursor): ReturnOptions {
  let partial: PartialRange | null = null;
  cursor.space();
  const names = cursor.list(
    () => {
      const at = cursor.position;
      const name = cursor.keyword('a return option');
      switch (name) {
        case 'MIN':
        case 'MAX':
        case 'ALL':
        case 'COUNT':
        case 'SAVE':
          return name;
        case 'PARTIAL':
          cursor.space();
          partial = parsePartialRange(cursor);
          return name;
        default:
          cursor.position = at;
          throw cursor.fault('MIN, MAX, ALL, COUNT, SAVE or PARTIAL');
      }
    },
    OPTIONS_MAX,
    0,
  );
  const returns = new Set(names);
  // RFC 4731 §3.1: nothing named means all of them.
  if (returns.size === 0) returns.add('ALL');
  return { returns, partial };
}
