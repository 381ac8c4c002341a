// Channel bindings of a TLS connection, as data that SCRAM-SHA-256-PLUS signs: tls-exporter (RFC 9266) and
// tls-server-end-point (RFC 5929 §4).
import { createHash, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point';

export interface ChannelBinding {
  readonly type: ChannelBindingType;
  readonly data: Buffer;
}

type BindableSocket = Pick<TLSSocket, 'getProtocol' | 'exportKeyingMaterial'>;

const EXPORTER_LABEL = 'EXPORTER-Channel-Binding';
const EXPORTER_OCTETS = 32;

/**
 * tls-exporter, only for TLS 1.3: RFC 9266 §4.2 asks older versions for the extended master secret, of which Node tells
 * nothing. null where there is none.
 */
export function tlsExporterBinding(socket: BindableSocket): ChannelBinding | null {
  if (socket.getProtocol() !== 'TLSv1.3') return null;
  const data = socket.exportKeyingMaterial(EXPORTER_OCTETS, EXPORTER_LABEL, Buffer.alloc(0));
  return { type: 'tls-exporter', data };
}

/**
 * tls-server-end-point of the server's certificate in DER. null for signatures that do not name one hash (Ed25519,
 * RSASSA-PSS): RFC 5929 §4.1 leaves the binding undefined for those.
 */
export function serverEndPointBinding(certificate: Buffer): ChannelBinding | null {
  const signature = new X509Certificate(certificate).signatureAlgorithm ?? '';
  const named = /sha(?:-?1|224|256|384|512)(?![0-9])|md5/i.exec(signature)?.[0].toLowerCase().replace('-', '');
  if (named === undefined) return null;
  const hash = named === 'md5' || named === 'sha1' ? 'sha256' : named;
  return { type: 'tls-server-end-point', data: createHash(hash).update(certificate).digest() };
}

/** All bindings of a server's or a client's connection; `certificate` is the server's, in DER, or null to leave it out. */
export function channelBindings(socket: BindableSocket, certificate: Buffer | null): ChannelBinding[] {
  return [tlsExporterBinding(socket), certificate === null ? null : serverEndPointBinding(certificate)].filter(
    (binding) => binding !== null,
  );
}
