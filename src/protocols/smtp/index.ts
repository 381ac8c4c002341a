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
export { SMTP_REFUSALS, refusalReply } from './codes.ts';
export type { BodyType, Envelope, EnvelopeRecipient, MailParameters, Notify, RcptParameters } from './envelope.ts';
export { SMTP_EXTENSIONS, type SmtpExtension } from './extensions.ts';
export { reply, type SmtpReply } from './reply.ts';
export { smtpServerLimits, type SmtpServerLimits } from './server/limits.ts';
export { defaultExtensions, type SmtpServerOptions, type SmtpTlsOptions } from './server/options.ts';
export { createSmtpServer, type SmtpServer } from './server/server.ts';
export type {
  MessageSink,
  SmtpDialogState,
  SmtpPeer,
  SmtpServerSession,
  SmtpService,
  TlsState,
} from './server/session.ts';
