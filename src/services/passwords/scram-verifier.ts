// The text in which a SCRAM verifier is stored beside the password hash: SCRAM-SHA-256$iterations:salt$storedKey:serverKey,
// in the form of RFC 5803 §4.
import type { ScramVerifier } from '../../protocols/sasl/index.ts';

const KEY_OCTETS = 32;
const TEXT = /^SCRAM-SHA-256\$([1-9]\d{3,7}):([A-Za-z0-9+/]{4,128}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;

/** For the store. */
export function formatScramVerifier({ salt, iterations, storedKey, serverKey }: ScramVerifier): string {
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((octets) => octets.toString('base64'));
  return `SCRAM-SHA-256$${iterations}:${saltText}$${stored}:${server}`;
}

/** From the store; null when it is none. */
export function parseScramVerifier(text: string): ScramVerifier | null {
  const [, iterations, salt, stored, server] = TEXT.exec(text) ?? [];
  if (salt === undefined || stored === undefined || server === undefined) return null;
  const [storedKey, serverKey] = [Buffer.from(stored, 'base64'), Buffer.from(server, 'base64')];
  if (storedKey.length !== KEY_OCTETS || serverKey.length !== KEY_OCTETS) return null;
  return { salt: Buffer.from(salt, 'base64'), iterations: Number(iterations), storedKey, serverKey };
}
