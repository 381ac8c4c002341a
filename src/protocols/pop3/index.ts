// The public face of the POP3 library.
export type { Pop3Command } from './commands.ts';
export { POP3_LIMITS, UIDL_MAX_OCTETS, type Pop3Limits } from './limits.ts';
export { Pop3Server, type Pop3ServerOptions } from './server/server.ts';
export type {
  MessageOctets,
  Pop3DialogState,
  Pop3Maildrop,
  Pop3Peer,
  Pop3ServerSession,
  Pop3Service,
  Pop3TlsState,
} from './server/session.ts';
export { Pop3Client, Pop3Refusal, type ListedMessage, type Pop3ClientOptions } from './client/client.ts';
