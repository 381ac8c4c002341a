// What is made of a password, and the check of a password against what was made. Costly: call it through the hash queue.
import { randomBytes } from 'node:crypto';
import { MailError } from '../../base/errors/mail-error.ts';
import { deriveScramKeys, preparePassword, type ScramVerifier } from '../../protocols/sasl/index.ts';
import { hashArgon2id, isCurrentHash, verifyArgon2id } from './argon2id.ts';
import { verifyBcrypt } from './bcrypt.ts';
import { hashKind } from './hash-kind.ts';
import { SCRAM_ITERATIONS, SCRAM_SALT_OCTETS } from './limits.ts';
import { verifySaltedSha } from './salted-sha.ts';
import { verifySha512Crypt } from './sha512-crypt.ts';

export interface PasswordCredentials {
  readonly passwordHash: string;
  readonly scram: ScramVerifier;
}

/** The argon2id hash and the SCRAM verifier of a password, each with a salt of its own. */
export async function deriveCredentials(password: string): Promise<PasswordCredentials> {
  const prepared = preparePassword(password);
  const passwordHash = await hashArgon2id(prepared);
  const salt = randomBytes(SCRAM_SALT_OCTETS);
  const iterations = SCRAM_ITERATIONS;
  const { storedKey, serverKey } = await deriveScramKeys({ password: prepared, salt, iterations, hash: 'sha256' });
  return { passwordHash, scram: { salt, iterations, storedKey, serverKey } };
}

/** Whether what is stored is what `deriveCredentials` would store now. */
export function areCurrent(passwordHash: string, scram: ScramVerifier | null): boolean {
  return isCurrentHash(passwordHash) && scram !== null && scram.iterations >= SCRAM_ITERATIONS;
}

function verifyHash(passwordHash: string, password: string): boolean | Promise<boolean> {
  const kind = hashKind(passwordHash);
  switch (kind) {
    case 'argon2id':
      return verifyArgon2id(passwordHash, password);
    case 'bcrypt':
      return verifyBcrypt(passwordHash, password);
    case 'sha512-crypt':
      return verifySha512Crypt(passwordHash, password);
    case 'ssha':
    case 'ssha256':
    case 'ssha512':
      return verifySaltedSha(passwordHash, password);
    case null:
      throw new MailError('auth-temporary', 'Sign-in is not possible at the moment; try again later.', {
        temporary: true,
        details: { why: 'the stored password hash is of an unknown kind; set the password anew' },
      });
    default:
      return kind satisfies never;
  }
}

/**
 * Whether the password is the one behind the hash. Imported hashes may have been made of unprepared text, so both forms are tried where they differ.
 */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  for (const candidate of new Set([preparePassword(password), password]))
    if (await verifyHash(passwordHash, candidate)) return true;
  return false;
}
