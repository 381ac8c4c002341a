// Message-IDs in Message-ID, In-Reply-To and References, RFC 5322 §3.6.4, in octets as Latin-1.
import { FieldCursor } from '../mime/field-cursor.ts';
import { REFERENCES_MAX, REFERENCES_MAX_OCTETS } from './limits.ts';

const PLAIN = /<([^<>"()[\]\\,;:@\s]+@[^<>"()[\]\\,;:@\s]+)>/g;
const NOT_PLAIN = /["(\\]|\[|<[^>]*\s/;

/**
 * The Message-IDs of a value in order, without angle brackets, quotes and comments; what is none is passed over. Of very
 * many the first and the last ones.
 */
export function readMessageIds(value: string | null): string[] {
  if (value === null) return [];
  const text = value.length > REFERENCES_MAX_OCTETS ? value.slice(-REFERENCES_MAX_OCTETS) : value;
  const ids = NOT_PLAIN.test(text) ? readCarefully(text) : Array.from(text.matchAll(PLAIN), (found) => found[1]!);
  return ids.length > REFERENCES_MAX ? [ids[0]!, ...ids.slice(1 - REFERENCES_MAX)] : ids;
}

function readCarefully(text: string): string[] {
  const ids: string[] = [];
  const cursor = new FieldCursor(text);
  for (;;) {
    const open = text.indexOf('<', cursor.position);
    if (open === -1) return ids;
    cursor.position = open + 1;
    const id: string[] = [];
    if (cursor.skip() !== 'more') continue;
    const local = cursor.at('"') ? cursor.quotedString(id) : cursor.dotAtom(id);
    if (local !== 'more' || !cursor.at('@')) continue;
    id.push('@');
    if (cursor.domain(id) === 'more' && cursor.at('>')) ids.push(id.join(''));
  }
}
