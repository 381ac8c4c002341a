// Which mechanisms a connection is offered, and the exchange for one of them.
import { randomBytes } from 'node:crypto';
import type { ChannelBinding } from '../channel-binding.ts';
import type { CredentialSource } from '../credential-source.ts';
import { SCRAM_NONCE_OCTETS } from '../limits.ts';
import type { SaslServer } from '../sasl-server.ts';
import { LoginServer } from './login.ts';
import { PlainServer } from './plain.ts';
import { ScramServer } from './scram.ts';

export interface SaslOffer {
  /** Every account with a password has a verifier. */
  readonly scram: boolean;
  /** The connection is encrypted, or the client's network may send passwords in the clear. */
  readonly plaintext: boolean;
  readonly channelBindings: readonly ChannelBinding[];
}

export interface SaslServerOptions extends SaslOffer {
  readonly source: CredentialSource;
  /** For tests. */
  readonly createNonce?: () => string;
}

/** The mechanisms to advertise, the strongest first. */
export function saslMechanisms(offer: SaslOffer): readonly string[] {
  const mechanisms: string[] = [];
  if (offer.scram && offer.channelBindings.length > 0) mechanisms.push('SCRAM-SHA-256-PLUS');
  if (offer.scram) mechanisms.push('SCRAM-SHA-256');
  if (offer.plaintext) mechanisms.push('PLAIN', 'LOGIN');
  return mechanisms;
}

function createNonce(): string {
  return randomBytes(SCRAM_NONCE_OCTETS).toString('base64');
}

/** The exchange for a mechanism (any case); null when it is not on offer. */
export function createSaslServer(mechanism: string, options: SaslServerOptions): SaslServer | null {
  const name = mechanism.toUpperCase();
  if (!saslMechanisms(options).includes(name)) return null;
  if (name === 'PLAIN') return new PlainServer(options.source);
  if (name === 'LOGIN') return new LoginServer(options.source);
  return new ScramServer({
    source: options.source,
    plus: name === 'SCRAM-SHA-256-PLUS',
    channelBindings: options.channelBindings,
    createNonce: options.createNonce ?? createNonce,
  });
}
