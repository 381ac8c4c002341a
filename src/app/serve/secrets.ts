// What the server makes for itself on its first start and keeps: its secrets and a certificate. Files of mode 0600.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { secretsFolder, tlsFolder } from '../../storage/data-folder.ts';
import type { Config } from '../config/config.ts';
import type { TlsMaterial } from '../threads/thread-data.ts';

const SECRET_OCTETS = 32;
const TICKET_KEY_OCTETS = 48;

/** The secret that sign-in derives from: the same after a restart. */
export function readLoginSecret(dataDir: string): Buffer {
  return readOrMake(join(secretsFolder(dataDir), 'login'), () => randomBytes(SECRET_OCTETS));
}

/** The configured certificate, or a self-signed one that is made once. */
export async function readTls(config: Config, nowMs: number): Promise<TlsMaterial> {
  const ticketKeys = randomBytes(TICKET_KEY_OCTETS);
  const { certificate, key } = config.tls;
  if (certificate !== null && key !== null) {
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8'), ticketKeys };
  }
  const folder = tlsFolder(config.data);
  const paths = { certificate: join(folder, `${config.hostname}.pem`), key: join(folder, `${config.hostname}.key`) };
  if (!existsSync(paths.certificate) || !existsSync(paths.key)) {
    const { createSelfSigned } = await import('../tls/self-signed.ts');
    const pair = await createSelfSigned(config.hostname, nowMs);
    writeFileSafely(paths.key, Buffer.from(pair.key));
    writeFileSafely(paths.certificate, Buffer.from(pair.certificate));
  }
  return { certificate: readFileSync(paths.certificate, 'utf8'), key: readFileSync(paths.key, 'utf8'), ticketKeys };
}

function readOrMake(path: string, make: () => Buffer): Buffer {
  if (!existsSync(path)) writeFileSafely(path, make());
  return readFileSync(path);
}

/** All of it or nothing, and on disk when it returns. */
function writeFileSafely(path: string, octets: Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(`${path}.new`, 'w', 0o600);
  writeSync(fd, octets);
  fsyncSync(fd);
  closeSync(fd);
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}
