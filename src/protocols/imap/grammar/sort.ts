// sort-criteria, RFC 5256 §5, with DISPLAYFROM and DISPLAYTO (RFC 5957 §4); names of thread algorithms.
import { SORT_KEYS_MAX } from '../limits.ts';
import type { SortField, SortKey, ThreadAlgorithm } from '../search-key.ts';
import type { CommandCursor } from './cursor.ts';

const FIELDS: ReadonlyMap<string, SortField> = new Map<string, SortField>([
  ['ARRIVAL', 'arrival'],
  ['CC', 'cc'],
  ['DATE', 'date'],
  ['DISPLAYFROM', 'display-from'],
  ['DISPLAYTO', 'display-to'],
  ['FROM', 'from'],
  ['SIZE', 'size'],
  ['SUBJECT', 'subject'],
  ['TO', 'to'],
]);

const ALGORITHMS: ReadonlyMap<string, ThreadAlgorithm> = new Map<string, ThreadAlgorithm>([
  ['ORDEREDSUBJECT', 'orderedsubject'],
  ['REFERENCES', 'references'],
  ['REFS', 'refs'],
]);

/** '(' key SP key … ')'. Throws SyntaxFault. */
export function parseSortKeys(cursor: CommandCursor): readonly SortKey[] {
  return cursor.list(() => {
    const reverse = cursor.skipKeyword('REVERSE');
    if (reverse) cursor.space();
    return { field: oneOf(cursor, FIELDS, 'a sort key'), reverse };
  }, SORT_KEYS_MAX);
}

/** Throws SyntaxFault. */
export function parseThreadAlgorithm(cursor: CommandCursor): ThreadAlgorithm {
  return oneOf(cursor, ALGORITHMS, 'ORDEREDSUBJECT, REFERENCES or REFS');
}

function oneOf<T>(cursor: CommandCursor, names: ReadonlyMap<string, T>, what: string): T {
  const at = cursor.position;
  const found = names.get(cursor.keyword(what));
  if (found !== undefined) return found;
  cursor.position = at;
  throw cursor.fault(what);
}
