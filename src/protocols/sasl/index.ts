// The public face of SASL: what servers offer, what clients do, and what is stored of a password for SCRAM.
export {
  channelBindings,
  serverEndPointBinding,
  tlsExporterBinding,
  type ChannelBinding,
  type ChannelBindingType,
} from './channel-binding.ts';
export { createSaslClient, type SaslClientOptions } from './client/mechanisms.ts';
export type { CredentialSource, ScramLookup, ScramOutcome, ScramVerifier } from './credential-source.ts';
export { NAME_MAX_OCTETS, PASSWORD_MAX_OCTETS, SASL_MESSAGE_MAX_OCTETS } from './limits.ts';
export { preparePassword } from './prepare-password.ts';
export type { SaslClient, SaslClientStep } from './sasl-client.ts';
export type { SaslAccount, SaslServer, SaslStep, SaslVerdict } from './sasl-server.ts';
export { deriveScramKeys, fakeScramVerifier, type ScramKeys } from './scram-keys.ts';
export { createSaslServer, saslMechanisms, type SaslOffer, type SaslServerOptions } from './server/mechanisms.ts';
