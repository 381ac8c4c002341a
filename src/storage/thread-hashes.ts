// What makes messages one conversation, RFC 8621 §3: a message-id in common (own, In-Reply-To or References) and the same
// base subject. Each such pair is one number; equal numbers join.
import { THREAD_KEYS_MAX } from './limits.ts';

/** The numbers of a message: of its message-ids (one space between, its own first) under its base subject. */
export function threadHashes(messageIds: string, baseSubject: string): number[] {
  return countedIds(messageIds).map((id) => hashThread(id, baseSubject));
}

/** Those that count: the message's own, the oldest reference and the newest. */
function countedIds(text: string): string[] {
  const ids = [...new Set(text.split(' ').filter((id) => id !== ''))];
  if (ids.length <= THREAD_KEYS_MAX) return ids;
  return [...ids.slice(0, 2), ...ids.slice(2 - THREAD_KEYS_MAX)];
}

/** The number of a message-id under a base subject: 53 bits. */
function hashThread(messageId: string, baseSubject: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const text = `${messageId}\n${baseSubject}`;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
