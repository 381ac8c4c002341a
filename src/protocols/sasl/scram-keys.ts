// The keys of SCRAM, RFC 5802 §3, and what is stored of them. Derivation runs in the thread pool, everything else is a
// few HMACs. SHA-1 stands here only so that RFC 5802's own example can be checked; no mechanism offers it.
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramVerifier } from './credential-source.ts';

export type ScramHash = 'sha1' | 'sha256';

export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export interface ScramDerivation {
  /** Prepared by `preparePassword`. */
  readonly password: string;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly hash: ScramHash;
}

const deriveKey = promisify(pbkdf2);
const HASH_OCTETS: Record<ScramHash, number> = { sha1: 20, sha256: 32 };

/** HMAC, RFC 2104. */
export function scramHmac(hash: ScramHash, key: Buffer, text: string | Buffer): Buffer {
  return createHmac(hash, key).update(text).digest();
}

/** Hi() and the keys made from it. */
export async function deriveScramKeys(options: ScramDerivation): Promise<ScramKeys> {
  const { password, salt, iterations, hash } = options;
  const salted = await deriveKey(password, salt, iterations, HASH_OCTETS[hash], hash);
  const clientKey = scramHmac(hash, salted, 'Client Key');
  return {
    clientKey,
    storedKey: createHash(hash).update(clientKey).digest(),
    serverKey: scramHmac(hash, salted, 'Server Key'),
  };
}

/** XOR of two buffers of the same length. */
function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((octet, i) => octet ^ b[i]!));
}

/** ClientProof of the client. */
export function scramProof(hash: ScramHash, keys: ScramKeys, authMessage: string): Buffer {
  return xor(keys.clientKey, scramHmac(hash, keys.storedKey, authMessage));
}

/** Whether a SCRAM-SHA-256 proof fits what is stored; in constant time for proofs of the right length. */
export function isScramProof(verifier: ScramVerifier, authMessage: string, proof: Buffer): boolean {
  const signature = scramHmac('sha256', verifier.storedKey, authMessage);
  if (proof.length !== signature.length) return false;
  const shownKey = createHash('sha256').update(xor(proof, signature)).digest();
  return timingSafeEqual(shownKey, verifier.storedKey);
}

/**
 * The verifier that an unknown name gets: its salt is the same every time as long as `secret` is, and nobody without the
 * secret can tell it from a stored one. No password fits it.
 */
export function fakeScramVerifier(secret: Buffer, name: string, shape: { saltOctets: number; iterations: number }) {
  const material = (label: string): Buffer => scramHmac('sha256', secret, `scram ${label}\0${name}`);
  return {
    salt: material('salt').subarray(0, shape.saltOctets),
    iterations: shape.iterations,
    storedKey: material('stored key'),
    serverKey: material('server key'),
  } satisfies ScramVerifier;
}
