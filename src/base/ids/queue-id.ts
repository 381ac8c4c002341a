// How a unit's id looks to people: eleven characters without the ones that look alike (Crockford's base 32).
import { SyntaxFault } from '../errors/syntax-fault.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const QUEUE_ID_LENGTH = 11;

/** The text form of a unit id (a safe integer ≥ 0), as replies, logs, `queue` and `trace` show it. */
export function formatQueueId(id: number): string {
  let text = '';
  for (let rest = id; text.length < QUEUE_ID_LENGTH; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text;
  return text;
}

/** The unit id of its text form, in either case; throws SyntaxFault for anything else. */
export function parseQueueId(text: string): number {
  if (text.length !== QUEUE_ID_LENGTH) throw new SyntaxFault(`${QUEUE_ID_LENGTH} characters of a queue id`, 0);
  let id = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = ALPHABET.indexOf((text[at] as string).toUpperCase());
    if (digit < 0) throw new SyntaxFault('a character of a queue id', at);
    id = id * 32 + digit;
  }
  if (!Number.isSafeInteger(id)) throw new SyntaxFault('a queue id', 0);
  return id;
}
