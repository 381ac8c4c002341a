// What POP3 says for every refusal of the house: the extended response codes of RFC 2449 §8 (IN-USE), RFC 3206 (SYS/TEMP,
// SYS/PERM, AUTH) and RFC 6856 §5 (UTF8). Clients ask for another password on AUTH only, and repeat on SYS/TEMP.
import type { ErrorCode } from '../../base/errors/codes.ts';
import type { MailError } from '../../base/errors/mail-error.ts';
import { formatStatusText } from './format.ts';

export type Pop3ResponseCode = 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH' | 'UTF8';

export const POP3_RESPONSE_CODES = {
  'account-disabled': 'AUTH',
  'account-full': 'SYS/PERM',
  'account-unknown': 'AUTH',
  'auth-failed': 'AUTH',
  'auth-needs-tls': 'AUTH',
  'auth-required': 'AUTH',
  'auth-temporary': 'SYS/TEMP',
  'charset-unknown': null,
  'content-refused': 'SYS/PERM',
  'directory-unavailable': 'SYS/TEMP',
  'dns-unavailable': 'SYS/TEMP',
  'domain-unknown': 'AUTH',
  'header-too-large': 'SYS/PERM',
  internal: 'SYS/TEMP',
  'limit-reached': 'SYS/PERM',
  'line-ending': null,
  'line-too-long': null,
  loop: 'SYS/PERM',
  'mailbox-exists': 'SYS/PERM',
  'mailbox-has-children': 'SYS/PERM',
  'mailbox-in-use': 'IN-USE',
  'mailbox-name': 'SYS/PERM',
  'mailbox-unknown': 'SYS/PERM',
  'message-too-large': 'SYS/PERM',
  'mime-too-deep': 'SYS/PERM',
  'parameter-unsupported': null,
  'permission-denied': 'SYS/PERM',
  'rate-limited': 'SYS/TEMP',
  'relay-denied': 'SYS/PERM',
  'requiretls-impossible': 'SYS/PERM',
  'sender-not-owned': 'SYS/PERM',
  'shutting-down': 'SYS/TEMP',
  'storage-failed': 'SYS/TEMP',
  'storage-full': 'SYS/TEMP',
  syntax: null,
  'too-many-connections': 'SYS/TEMP',
  'too-many-recipients': 'SYS/PERM',
  'utf8-impossible': 'UTF8',
} as const satisfies Record<ErrorCode, Pop3ResponseCode | null>;

/** The -ERR line (without CRLF) for a refusal. */
export function formatRefusal(error: MailError): string {
  return formatError(POP3_RESPONSE_CODES[error.code], error.publicText);
}

/** A -ERR line (without CRLF). */
export function formatError(code: Pop3ResponseCode | null, text: string): string {
  return code === null ? `-ERR ${formatStatusText(text)}` : `-ERR [${code}] ${formatStatusText(text)}`;
}
