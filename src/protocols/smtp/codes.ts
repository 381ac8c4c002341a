// How a refusal of the house is said in SMTP: reply code (RFC 5321 §4.2.3) and enhanced status (RFC 3463, RFC 5248).
// 4xx whenever the fault is ours or may pass, 5xx only when repeating cannot help.
import type { ErrorCode } from '../../base/errors/codes.ts';
import type { MailError } from '../../base/errors/mail-error.ts';
import { reply, type SmtpReply } from './reply.ts';

interface SmtpRefusal {
  readonly permanent: readonly [code: number, enhanced: string];
  readonly temporary: readonly [code: number, enhanced: string];
}

const both = (permanent: number, temporary: number, detail: string): SmtpRefusal => ({
  permanent: [permanent, `5.${detail}`],
  temporary: [temporary, `4.${detail}`],
});
/** Faults that are ours or pass by themselves: never permanent, whatever the thrower said. */
const passing = (code: number, detail: string): SmtpRefusal => ({
  permanent: [code, `4.${detail}`],
  temporary: [code, `4.${detail}`],
});

export const SMTP_REFUSALS = {
  'account-disabled': both(550, 450, '2.1'),
  'account-full': both(552, 452, '2.2'),
  'account-unknown': both(550, 450, '1.1'),
  'auth-failed': both(535, 454, '7.8'),
  'auth-needs-tls': both(538, 454, '7.11'),
  'auth-required': both(530, 454, '7.0'),
  'auth-temporary': passing(454, '7.0'),
  'charset-unknown': both(501, 451, '5.2'),
  'content-refused': both(554, 450, '6.0'),
  'directory-unavailable': passing(451, '3.0'),
  'dns-unavailable': passing(451, '4.3'),
  'domain-unknown': both(550, 450, '1.2'),
  'header-too-large': both(552, 452, '3.4'),
  internal: passing(451, '3.0'),
  'limit-reached': both(550, 450, '7.1'),
  'line-ending': both(554, 450, '6.0'),
  'line-too-long': both(554, 450, '6.0'),
  loop: both(554, 450, '4.6'),
  'mailbox-exists': both(550, 450, '2.0'),
  'mailbox-has-children': both(550, 450, '2.0'),
  'mailbox-in-use': passing(450, '2.0'),
  'mailbox-name': both(553, 450, '1.3'),
  'mailbox-unknown': both(550, 450, '2.0'),
  'message-too-large': both(552, 452, '3.4'),
  'mime-too-deep': both(554, 450, '6.0'),
  'parameter-unsupported': both(555, 455, '5.4'),
  'permission-denied': both(550, 450, '7.1'),
  'rate-limited': both(550, 450, '7.1'),
  'relay-denied': both(550, 450, '7.1'),
  'requiretls-impossible': both(550, 450, '7.30'),
  'sender-not-owned': both(550, 450, '7.1'),
  'shutting-down': passing(421, '3.2'),
  'storage-failed': passing(451, '3.0'),
  'storage-full': passing(452, '3.1'),
  syntax: both(501, 451, '5.2'),
  'too-many-connections': passing(421, '7.0'),
  'too-many-recipients': both(552, 452, '5.3'),
  'utf8-impossible': both(553, 450, '6.7'),
} as const satisfies Record<ErrorCode, SmtpRefusal>;

/** The reply that says `error`; only its public text is shown. */
export function refusalReply(error: MailError): SmtpReply {
  const { permanent, temporary } = SMTP_REFUSALS[error.code];
  const [code, enhanced] = error.temporary ? temporary : permanent;
  return reply(code, enhanced, error.publicText);
}
