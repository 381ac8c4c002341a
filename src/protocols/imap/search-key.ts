// SEARCH criteria as values: RFC 9051 §6.4.4, RFC 5032 (WITHIN), RFC 6203 (FUZZY), RFC 7162 §3.1.5 (MODSEQ), RFC 8514
// (SAVEDATE), RFC 8474 (OBJECTID). Sequence numbers, $ and \Recent never leave the library: they are sets of uids here.
import type { NumberSet } from '../../formats/number-set.ts';

/** Days count from 1970-01-01, zones ignored on both sides as the standard says. */
export type DateTest = 'before' | 'on' | 'since';

export type SearchKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'not' | 'fuzzy'; readonly key: SearchKey }
  | { readonly kind: 'uids'; readonly set: NumberSet }
  /** A bit of a system flag that is set. */
  | { readonly kind: 'flag'; readonly bit: number }
  | { readonly kind: 'keyword'; readonly keyword: string }
  /** Substring of a header field, decoded and folded by case; '' finds the field itself. */
  | { readonly kind: 'header'; readonly field: string; readonly text: string }
  /** bcc, cc, from, subject, to: the field of that name. body: decoded text of the parts. text: header or body. */
  | { readonly kind: 'bcc' | 'cc' | 'from' | 'subject' | 'to' | 'body' | 'text'; readonly text: string }
  | { readonly kind: 'internal-date' | 'sent-date' | 'saved-date'; readonly test: DateTest; readonly day: number }
  | { readonly kind: 'larger' | 'smaller'; readonly octets: number }
  /** RFC 5032: internal date within the last `seconds`, or before that. */
  | { readonly kind: 'younger' | 'older'; readonly seconds: number }
  | { readonly kind: 'modseq'; readonly modSeq: number }
  | { readonly kind: 'email-id' | 'thread-id'; readonly id: string }
  /** RFC 8514: whether save dates are kept here. */
  | { readonly kind: 'save-date-supported' };

export type SortField = 'arrival' | 'cc' | 'date' | 'from' | 'size' | 'subject' | 'to' | 'display-from' | 'display-to';

export interface SortKey {
  readonly field: SortField;
  readonly reverse: boolean;
}

export type ThreadAlgorithm = 'orderedsubject' | 'references' | 'refs';
