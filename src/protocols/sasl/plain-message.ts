// The one message of PLAIN, RFC 4616 §2: [authzid] NUL authcid NUL passwd.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { NAME_MAX_OCTETS, PASSWORD_MAX_OCTETS } from './limits.ts';
import { decodeMessage } from './text.ts';

export interface PlainMessage {
  /** '' when the client wants to act as itself. */
  readonly authorizationId: string;
  readonly name: string;
  readonly password: string;
}

/** Throws SyntaxFault. */
export function parsePlainMessage(message: Buffer): PlainMessage {
  const text = decodeMessage(message);
  const first = text.indexOf('\0');
  const second = text.indexOf('\0', first + 1);
  if (first === -1 || second === -1) throw new SyntaxFault('authzid NUL authcid NUL passwd', text.length);
  const third = text.indexOf('\0', second + 1);
  if (third !== -1) throw new SyntaxFault('a password without NUL', third);
  const parsed = {
    authorizationId: text.slice(0, first),
    name: requireName(text.slice(first + 1, second), first + 1),
    password: requirePassword(text.slice(second + 1), second + 1),
  };
  if (Buffer.byteLength(parsed.authorizationId) > NAME_MAX_OCTETS) throw new SyntaxFault('a shorter authzid', 0);
  return parsed;
}

/** The name when it is one by its length; throws SyntaxFault. */
export function requireName(name: string, offset: number): string {
  if (name === '') throw new SyntaxFault('a name', offset);
  if (Buffer.byteLength(name) > NAME_MAX_OCTETS) throw new SyntaxFault('a shorter name', offset);
  return name;
}

/** The password when it is one by its length; throws SyntaxFault. */
export function requirePassword(password: string, offset: number): string {
  if (password === '') throw new SyntaxFault('a password', offset);
  if (Buffer.byteLength(password) > PASSWORD_MAX_OCTETS) throw new SyntaxFault('a shorter password', offset);
  return password;
}

/** The message on the wire. No part may hold a NUL. */
export function formatPlainMessage(message: PlainMessage): Buffer {
  return Buffer.from(`${message.authorizationId}\0${message.name}\0${message.password}`);
}
