// Fits a message to a next hop that takes less than it needs, for the SMTP client: RFC 6152 §3, RFC 3030 §3, RFC 6531 §3.
import { isAscii } from 'node:buffer';
import { findHeaderEnd } from '../../formats/header/scan.ts';
import { downgrade } from '../../formats/message/seven-bit-downgrade.ts';
import type { Conversion, ConversionNeed } from '../../protocols/smtp/index.ts';

/** The message re-encoded, or why that cannot be done (5.6.3 content, 5.6.7 international header fields). */
export function convertMessage(octets: Buffer, need: ConversionNeed): Conversion {
  const end = findHeaderEnd(octets).headerEnd;
  if (!need.smtputf8 && !isAscii(octets.subarray(0, end))) {
    const text = 'the message has international header fields that the next server does not take';
    return { kind: 'impossible', enhanced: '5.6.7', text };
  }
  const pieces = downgrade(octets, need.eightBitMime ? '8bit' : '7bit');
  if (pieces !== null) return { kind: 'converted', octets: Buffer.concat(pieces) };
  const text = 'the message has content that the next server does not take and that cannot be converted for it';
  return { kind: 'impossible', enhanced: '5.6.3', text };
}
