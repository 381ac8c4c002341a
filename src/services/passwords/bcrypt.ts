// bcrypt hashes of imported accounts, the only importer of its library. As everywhere, only 72 octets of a password count.
import { verify } from '@node-rs/bcrypt';
import { BCRYPT_COST_MAX } from './limits.ts';

// $2x$ marks hashes of a faulty implementation, which no library reproduces.
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** Whether `text` is a bcrypt hash that we verify: right form, bounded cost. */
export function isBcrypt(text: string): boolean {
  const cost = Number(BCRYPT.exec(text)?.[1]);
  return cost >= 4 && cost <= BCRYPT_COST_MAX;
}

/** Whether the password is the one behind a hash that `isBcrypt`. */
export function verifyBcrypt(text: string, password: string): Promise<boolean> {
  return verify(password, text);
}
