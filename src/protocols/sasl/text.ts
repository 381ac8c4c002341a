// Octets and text of SASL messages: strict UTF-8 and strict base64, nothing silently repaired.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { SASL_MESSAGE_MAX_OCTETS } from './limits.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The text of a whole message; throws SyntaxFault when it is too long or not UTF-8. */
export function decodeMessage(message: Buffer): string {
  if (message.length > SASL_MESSAGE_MAX_OCTETS) throw new SyntaxFault('a shorter message', SASL_MESSAGE_MAX_OCTETS);
  try {
    return UTF8.decode(message);
  } catch {
    throw new SyntaxFault('UTF-8', 0);
  }
}

/** The octets of a base64 text (RFC 4648 §4, padded); throws SyntaxFault at `offset` when it is none. */
export function decodeBase64(text: string, offset: number): Buffer {
  if (!BASE64.test(text)) throw new SyntaxFault('base64', offset);
  return Buffer.from(text, 'base64');
}
