// What final delivery writes on top of one mailbox's copy: Return-Path (RFC 5321 §4.4) and Delivered-To (RFC 9228). It
// belongs to the mailbox row; the shared record must not name other recipients.
import type { AddrSpec, ReversePath } from '../address/addr-spec.ts';
import { formatAddrSpec, formatPath } from '../address/parse.ts';
import { formatField } from './fold.ts';

/** The two fields with CRLF. Return-Path fields that a message brings along must be removed when it is received. */
export function formatDeliveryPrefix(reversePath: ReversePath, deliveredTo: AddrSpec): Buffer {
  return Buffer.from(
    formatField('Return-Path', formatPath(reversePath)) + formatField('Delivered-To', formatAddrSpec(deliveredTo)),
  );
}
