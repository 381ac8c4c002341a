// Which password hashes we know, and what the password column of an import may hold.
import { isArgon2id } from './argon2id.ts';
import { isBcrypt } from './bcrypt.ts';
import { HASH_TEXT_MAX_CHARACTERS } from './limits.ts';
import { saltedShaKind, type SaltedShaKind } from './salted-sha.ts';
import { isSha512Crypt } from './sha512-crypt.ts';

export type HashKind = 'argon2id' | 'bcrypt' | 'sha512-crypt' | SaltedShaKind;

/** The kind of a stored hash; null when it is none that we verify (unknown, malformed, or too costly). */
export function hashKind(text: string): HashKind | null {
  if (text.length > HASH_TEXT_MAX_CHARACTERS) return null;
  if (isArgon2id(text)) return 'argon2id';
  if (isBcrypt(text)) return 'bcrypt';
  if (isSha512Crypt(text)) return 'sha512-crypt';
  return saltedShaKind(text);
}

export type ImportedPassword =
  | { readonly kind: 'plain'; readonly password: string }
  /** `passwordHash` is what to store. */
  | { readonly kind: 'hash'; readonly passwordHash: string; readonly hashKind: HashKind }
  /** `reason` is one sentence that says the mend, and holds nothing of the password. */
  | { readonly kind: 'refused'; readonly reason: string };

const SCHEME = /^\{([A-Za-z0-9.-]{1,32})\}/;
/** Schemes that only name the form which the text behind them has anyway. */
const NAMING_SCHEMES = new Set(['CRYPT', 'BLF-CRYPT', 'SHA512-CRYPT', 'ARGON2ID']);
const PLAIN_SCHEMES = new Set(['PLAIN', 'CLEARTEXT']);
const LIKE_A_HASH = /^(?:\$[A-Za-z0-9-]{1,32}\$|\{[A-Za-z0-9.-]{1,32}\})/;

const KNOWN = 'argon2id, bcrypt, sha512-crypt ($6$), {SSHA}, {SSHA256} or {SSHA512}';

/** Reads the password of one imported account: a ready hash, a plain password, or something in between that is refused. */
export function readImportedPassword(text: string): ImportedPassword {
  const scheme = SCHEME.exec(text)?.[1]?.toUpperCase() ?? '';
  const behind = text.slice(scheme === '' ? 0 : scheme.length + 2);
  if (PLAIN_SCHEMES.has(scheme)) return plain(behind);
  const passwordHash = NAMING_SCHEMES.has(scheme) ? behind : text;
  const kind = hashKind(passwordHash);
  if (kind !== null) return { kind: 'hash', passwordHash, hashKind: kind };
  if (!LIKE_A_HASH.test(text)) return plain(text);
  const reason = `this looks like a password hash, but not like one of ${KNOWN} of bounded cost; if it is a password, write {PLAIN} in front`;
  return { kind: 'refused', reason };
}

function plain(password: string): ImportedPassword {
  return password === '' ? { kind: 'refused', reason: 'the password is empty' } : { kind: 'plain', password };
}
