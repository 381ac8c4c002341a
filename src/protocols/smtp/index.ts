// The public face of SMTP and LMTP.
export type { SmtpClientConnection } from './client/connection.ts';
export { bodyOf } from './client/message.ts';
export type {
  ClientMessage,
  ClientRecipient,
  Conversion,
  ConversionNeed,
  ConvertMessage,
  MessageBody,
} from './client/message.ts';
export { openConnection, type ClientParts, type ClientTarget, type TlsPolicy } from './client/open.ts';
export type { ClientPhase, OpenRefusal, RecipientOutcome, RemotePeer, TransactionResult } from './client/outcome.ts';
export { TlsSessionCache } from './client/transport.ts';
export type { SmtpReply } from './reply.ts';
