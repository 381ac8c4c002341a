// Argon2id (RFC 9106) in PHC text form, the only importer of its library. Hashing runs in the thread pool: call it through
// the hash queue.
import { hash, verify } from '@node-rs/argon2';
import {
  ARGON2_LANES,
  ARGON2_LANES_MAX,
  ARGON2_MEMORY_KIB,
  ARGON2_MEMORY_MAX_KIB,
  ARGON2_PASSES,
  ARGON2_WORK_MAX_KIB,
} from './limits.ts';

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;
const OWN_PREFIX = `$argon2id$v=19$m=${ARGON2_MEMORY_KIB},t=${ARGON2_PASSES},p=${ARGON2_LANES}$`;

const SALT_OCTETS = 16;
const DIGEST_OCTETS = 32;

/**
 * A hash of our own cost that no password fits, for names without one. It comes from at least 48 octets that look random
 * and are the same for the same name, so that such names behave in queue and cache as others do.
 */
export function unmatchedHash(seed: Buffer): string {
  const encode = (octets: Buffer): string => octets.toString('base64').replaceAll('=', '');
  const salt = seed.subarray(0, SALT_OCTETS);
  return `${OWN_PREFIX}${encode(salt)}$${encode(seed.subarray(SALT_OCTETS, SALT_OCTETS + DIGEST_OCTETS))}`;
}

/** Whether `text` is an argon2id hash that we verify: right form, bounded cost. */
export function isArgon2id(text: string): boolean {
  const [, memory, passes, lanes] = PHC.exec(text)?.map(Number) ?? [];
  if (memory === undefined || passes === undefined || lanes === undefined) return false;
  return (
    memory >= 8 * lanes &&
    memory <= ARGON2_MEMORY_MAX_KIB &&
    passes >= 1 &&
    memory * passes <= ARGON2_WORK_MAX_KIB &&
    lanes >= 1 &&
    lanes <= ARGON2_LANES_MAX
  );
}

/** Whether `text` is a hash as `hashArgon2id` makes it now. */
export function isCurrentHash(text: string): boolean {
  return text.startsWith(OWN_PREFIX) && isArgon2id(text);
}

/** A new hash with a salt of its own. */
export function hashArgon2id(password: string): Promise<string> {
  return hash(password, { memoryCost: ARGON2_MEMORY_KIB, timeCost: ARGON2_PASSES, parallelism: ARGON2_LANES });
}

/** Whether the password is the one behind a hash that `isArgon2id`. */
export function verifyArgon2id(text: string, password: string): Promise<boolean> {
  return verify(text, password);
}
