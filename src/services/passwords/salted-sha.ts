// {SSHA}, {SSHA256} and {SSHA512} of imported accounts, as LDAP servers store them: base64 of digest and salt,
// the digest over password and salt.
import { createHash, timingSafeEqual } from 'node:crypto';

export type SaltedShaKind = 'ssha' | 'ssha256' | 'ssha512';

const DIGESTS = { ssha: ['sha1', 20], ssha256: ['sha256', 32], ssha512: ['sha512', 64] } as const;
const TEXT = /^\{(SSHA(?:256|512)?)\}((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i;
const SALT_MAX_OCTETS = 64;

interface SaltedSha {
  readonly kind: SaltedShaKind;
  readonly digest: Buffer;
  readonly salt: Buffer;
}

function parse(text: string): SaltedSha | null {
  const [, scheme, base64] = TEXT.exec(text) ?? [];
  if (scheme === undefined || base64 === undefined) return null;
  const kind = scheme.toLowerCase() as SaltedShaKind;
  const [, octets] = DIGESTS[kind];
  const data = Buffer.from(base64, 'base64');
  const salt = data.subarray(octets);
  return salt.length > 0 && salt.length <= SALT_MAX_OCTETS ? { kind, digest: data.subarray(0, octets), salt } : null;
}

/** Which of the three `text` is, or null. */
export function saltedShaKind(text: string): SaltedShaKind | null {
  return parse(text)?.kind ?? null;
}

/** Whether the password is the one behind a salted SHA hash; false for any other text. */
export function verifySaltedSha(text: string, password: string): boolean {
  const parsed = parse(text);
  if (parsed === null) return false;
  const computed = createHash(DIGESTS[parsed.kind][0]).update(password).update(parsed.salt).digest();
  return timingSafeEqual(computed, parsed.digest);
}
