// Which mechanism a client takes out of a server's list, and the exchange for it.
import { randomBytes } from 'node:crypto';
import type { ChannelBinding } from '../channel-binding.ts';
import { SCRAM_NONCE_OCTETS } from '../limits.ts';
import type { SaslClient } from '../sasl-client.ts';
import { LoginClient } from './login.ts';
import { PlainClient } from './plain.ts';
import { ScramClient } from './scram.ts';

export interface SaslClientOptions {
  readonly name: string;
  readonly password: string;
  /** What the connection can be bound with; empty without TLS. */
  readonly channelBindings: readonly ChannelBinding[];
  /** Encrypted, or the operator allows passwords in the clear to this server. */
  readonly plaintext: boolean;
  /** For tests. */
  readonly nonce?: string;
}

/** The exchange for the strongest mechanism of those that the server offers (any case); null when none fits. */
export function createSaslClient(offered: readonly string[], options: SaslClientOptions): SaslClient | null {
  const names = new Set(offered.map((mechanism) => mechanism.toUpperCase()));
  const { name, password, channelBindings } = options;
  const nonce = options.nonce ?? randomBytes(SCRAM_NONCE_OCTETS).toString('base64');
  const strongest = channelBindings[0] ?? null;
  const plus = names.has('SCRAM-SHA-256-PLUS');
  if (plus && strongest !== null)
    return new ScramClient({ name, password, nonce, channelBinding: strongest, plusMissing: false });
  if (names.has('SCRAM-SHA-256'))
    return new ScramClient({ name, password, nonce, channelBinding: null, plusMissing: strongest !== null });
  if (!options.plaintext) return null;
  if (names.has('PLAIN')) return new PlainClient(name, password);
  return names.has('LOGIN') ? new LoginClient(name, password) : null;
}
