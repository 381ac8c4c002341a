// sha512-crypt ($6$) of imported accounts, after Drepper's public specification ("Unix crypt using SHA-256 and SHA-512").
// It has to run in JavaScript, so it runs in slices that leave the thread's other work its turn.
import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { SHA512_CRYPT_ROUNDS_MAX, SHA512_CRYPT_SLICE_ROUNDS } from './limits.ts';

const DIGEST_OCTETS = 64;
const ROUNDS_DEFAULT = 5000;
const ROUNDS_MIN = 1000;
const CRYPT = /^\$6\$(?:rounds=(\d{1,9})\$)?([!-#%-9;-~]{0,16})\$([./0-9A-Za-z]{86})$/;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

interface Sha512Crypt {
  readonly rounds: number;
  readonly salt: Buffer;
  readonly digest: string;
}

function parse(text: string): Sha512Crypt | null {
  const [, rounds, salt, digest] = CRYPT.exec(text) ?? [];
  if (salt === undefined || digest === undefined) return null;
  const asked = rounds === undefined ? ROUNDS_DEFAULT : Number(rounds);
  if (asked < ROUNDS_MIN || asked > SHA512_CRYPT_ROUNDS_MAX) return null;
  return { rounds: asked, salt: Buffer.from(salt), digest };
}

/** Whether `text` is a sha512-crypt hash that we verify: right form, bounded rounds. */
export function isSha512Crypt(text: string): boolean {
  return parse(text) !== null;
}

/** `octets` octets of the digest, repeated. */
function stretch(digest: Buffer, octets: number): Buffer {
  return Buffer.alloc(octets, digest);
}

/** Steps 1 to 12 of the specification: digest A. */
function firstDigest(password: Buffer, salt: Buffer): Buffer {
  const b = createHash('sha512').update(password).update(salt).update(password).digest();
  const a = createHash('sha512').update(password).update(salt);
  if (password.length > 0) a.update(stretch(b, password.length));
  for (let bits = password.length; bits > 0; bits >>= 1) a.update(bits & 1 ? b : password);
  return a.digest();
}

/** Steps 13 to 20: the sequences P and S, as long as password and salt. */
function repeatedDigest(input: Buffer, times: number): Buffer {
  const digest = createHash('sha512');
  for (let i = 0; i < times; i++) digest.update(input);
  return digest.digest();
}

/** Step 21. */
async function runRounds(first: Buffer, p: Buffer, s: Buffer, rounds: number): Promise<Buffer> {
  let digest = first;
  for (let round = 0; round < rounds; round++) {
    const odd = round & 1;
    const parts = [odd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push(odd ? digest : p);
    digest = hash('sha512', Buffer.concat(parts), 'buffer');
    if (round % SHA512_CRYPT_SLICE_ROUNDS === SHA512_CRYPT_SLICE_ROUNDS - 1) await new Promise(setImmediate);
  }
  return digest;
}

/** Step 22: the digest in crypt's base64, three octets at a time in its own order. */
function encodeDigest(digest: Buffer): string {
  let text = '';
  const put = (value: number, characters: number): void => {
    for (let i = 0; i < characters; i++) text += ALPHABET.charAt((value >> (6 * i)) & 63);
  };
  let [a, b, c] = [0, 21, 42];
  for (let i = 0; i < 21; i++) {
    put((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  put(digest[DIGEST_OCTETS - 1]!, 2);
  return text;
}

/** Whether the password is the one behind a hash that `isSha512Crypt`; false for any other text. */
export async function verifySha512Crypt(text: string, password: string): Promise<boolean> {
  const parsed = parse(text);
  if (parsed === null) return false;
  const octets = Buffer.from(password);
  const first = firstDigest(octets, parsed.salt);
  const p = stretch(repeatedDigest(octets, octets.length), octets.length);
  const s = stretch(repeatedDigest(parsed.salt, 16 + first[0]!), parsed.salt.length);
  const digest = encodeDigest(await runRounds(first, p, s, parsed.rounds));
  return timingSafeEqual(Buffer.from(digest), Buffer.from(parsed.digest));
}
