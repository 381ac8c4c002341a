// What proves a record's octets: SHA-256 over the body and then the prefix, cut to 16 octets. The body comes first
// because a large message is hashed as it arrives, before its trace fields are known.
import { createHash, hash, type Hash } from 'node:crypto';

export const RECORD_HASH_BYTES = 16;

/** The hash of `body` and `prefix` lying in one buffer in this order, as latin1 text. */
export function hashRecord(bodyAndPrefix: Uint8Array): string {
  return hash('sha256', bodyAndPrefix, 'buffer').toString('latin1', 0, RECORD_HASH_BYTES);
}

/** For a record that comes in pieces: update with the body, then with the prefix. */
export function startRecordHash(): Hash {
  return createHash('sha256');
}

/** The end of `startRecordHash`, as latin1 text. */
export function finishRecordHash(state: Hash): string {
  return state.digest().toString('latin1', 0, RECORD_HASH_BYTES);
}

/** Whether the octets of a record (prefix and then body) are the ones that `hash` was made of. */
export function hasHash(record: Uint8Array, prefixLength: number, hash: Uint8Array): boolean {
  const state = startRecordHash().update(record.subarray(prefixLength)).update(record.subarray(0, prefixLength));
  return state.digest().subarray(0, RECORD_HASH_BYTES).equals(hash);
}
