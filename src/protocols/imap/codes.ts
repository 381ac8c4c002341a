// What IMAP says for every refusal of the house: response codes of RFC 9051 §7.1 and RFC 5530. Clients act on them, so a
// code stands only where what the client would do is right.
import type { ErrorCode } from '../../base/errors/codes.ts';
import type { MailError } from '../../base/errors/mail-error.ts';

export const IMAP_RESPONSE_CODES = {
  'account-disabled': 'AUTHORIZATIONFAILED',
  'account-full': 'OVERQUOTA',
  'account-unknown': 'AUTHORIZATIONFAILED',
  'auth-failed': 'AUTHENTICATIONFAILED',
  'auth-needs-tls': 'PRIVACYREQUIRED',
  'auth-required': null,
  'auth-temporary': 'UNAVAILABLE',
  'charset-unknown': 'BADCHARSET (US-ASCII UTF-8)',
  'content-refused': 'CANNOT',
  'directory-unavailable': 'UNAVAILABLE',
  'dns-unavailable': 'UNAVAILABLE',
  'domain-unknown': 'CANNOT',
  'header-too-large': 'CANNOT',
  internal: 'SERVERBUG',
  'limit-reached': 'LIMIT',
  'line-ending': 'CANNOT',
  'line-too-long': 'CANNOT',
  loop: 'CANNOT',
  'mailbox-exists': 'ALREADYEXISTS',
  'mailbox-has-children': 'HASCHILDREN',
  'mailbox-in-use': 'INUSE',
  'mailbox-name': 'CANNOT',
  'mailbox-unknown': 'NONEXISTENT',
  'message-too-large': 'TOOBIG',
  'mime-too-deep': 'CANNOT',
  'parameter-unsupported': 'CANNOT',
  'permission-denied': 'NOPERM',
  'rate-limited': 'LIMIT',
  'relay-denied': 'CANNOT',
  'requiretls-impossible': 'CANNOT',
  'sender-not-owned': 'NOPERM',
  'shutting-down': 'UNAVAILABLE',
  'storage-failed': 'UNAVAILABLE',
  'storage-full': 'UNAVAILABLE',
  syntax: 'CLIENTBUG',
  'too-many-connections': 'LIMIT',
  'too-many-recipients': 'LIMIT',
  'utf8-impossible': 'CANNOT',
} as const satisfies Record<ErrorCode, string | null>;

/** The response code for a refusal, without brackets; null: none. */
export function responseCode(error: MailError): string | null {
  return IMAP_RESPONSE_CODES[error.code];
}
