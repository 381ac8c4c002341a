// What is looked for in a folder, as values: RFC 9051 §6.4.4 and its extensions; JMAP's filters become the same.
import type { NumberSet } from '../../../formats/number-set.ts';

export type DateTest = 'before' | 'on' | 'since';

/** Of the rows. */
export type ColumnKey =
  | { readonly kind: 'all' | 'save-date-supported' }
  /** A bit of a system flag that is set. */
  | { readonly kind: 'flag'; readonly bit: number }
  | { readonly kind: 'keyword'; readonly keyword: string }
  /** Days count from 1970-01-01, zones ignored. */
  | { readonly kind: 'internal-date' | 'saved-date'; readonly test: DateTest; readonly day: number }
  | { readonly kind: 'larger' | 'smaller'; readonly octets: number }
  /** RFC 5032: internal date within the last `seconds`, or before that. */
  | { readonly kind: 'younger' | 'older'; readonly seconds: number }
  | { readonly kind: 'modseq'; readonly modSeq: number }
  | { readonly kind: 'email-id' | 'thread-id'; readonly id: string };

/** Of the octets. */
export type ContentKey =
  /** Substring of a header field, decoded and folded; '' finds the field itself. */
  | { readonly kind: 'header'; readonly field: string; readonly text: string }
  /** bcc, cc, from, subject, to: the field of that name. body: decoded text of the parts. text: header or body. */
  | { readonly kind: 'bcc' | 'cc' | 'from' | 'subject' | 'to' | 'body' | 'text'; readonly text: string }
  | { readonly kind: 'sent-date'; readonly test: DateTest; readonly day: number };

export type SearchKey =
  | { readonly kind: 'and'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'or'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | { readonly kind: 'fuzzy'; readonly key: SearchKey }
  | { readonly kind: 'uids'; readonly set: NumberSet }
  | ColumnKey
  | ContentKey;

const CONTENT_KINDS: ReadonlySet<string> = new Set([
  'bcc',
  'body',
  'cc',
  'from',
  'header',
  'sent-date',
  'subject',
  'text',
  'to',
]);

/** Whether octets decide about a key that has no others inside. */
export function isContentKey(key: ColumnKey | ContentKey): key is ContentKey {
  return CONTENT_KINDS.has(key.kind);
}

export interface SearchOptions {
  /** Ends the work when the client is gone. */
  readonly signal: AbortSignal;
  /** Told now and then how far it is. */
  readonly onProgress?: (done: number, of: number) => void;
}
