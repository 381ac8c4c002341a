// TLS contexts of this house: TLS 1.2 at least.
import { createSecureContext, type SecureContext } from 'node:tls';

const MIN_VERSION = 'TLSv1.2';

export interface ServerCertificate {
  /** PEM, with its chain. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** 48 octets; the same in all threads, so that a session started in one resumes in another. */
  readonly ticketKeys: Uint8Array;
}

/** What listeners use. */
export function serverContext({ certificate, key, ticketKeys }: ServerCertificate): SecureContext {
  const options = { cert: certificate, key, ticketKeys: Buffer.from(ticketKeys), minVersion: MIN_VERSION } as const;
  return createSecureContext(options);
}

/** What connections to other servers share. */
export function clientContext(): SecureContext {
  return createSecureContext({ minVersion: MIN_VERSION });
}
