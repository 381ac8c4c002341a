// Enhanced status codes, RFC 3463 and the IANA registry of RFC 5248: reading them from replies, and a text for each.

export interface EnhancedStatus {
  /** 2 success, 4 may pass, 5 permanent. */
  readonly class: 2 | 4 | 5;
  /** 0 … 999 */
  readonly subject: number;
  /** 0 … 999 */
  readonly detail: number;
}

const STATUS = /^([245])\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const STATUS_IN_LINE = /^(?:[245]\d\d[ -])?([245]\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2}))(?= |$)/;

/** Reads `5.1.1`; null when it is no status code. */
export function parseEnhancedStatus(text: string): EnhancedStatus | null {
  const found = STATUS.exec(text);
  if (found === null) return null;
  return { class: Number(found[1]) as 2 | 4 | 5, subject: Number(found[2]), detail: Number(found[3]) };
}

/** The status code at the start of a reply line, with or without the three-digit code before it (`550 5.1.1 No`). */
export function findEnhancedStatus(line: string): string | null {
  return STATUS_IN_LINE.exec(line)?.[1] ?? null;
}

/** A code for a reply that has none: by its first and second digit and the command's place in the dialog, RFC 3463 §3. */
export function statusOfReply(code: number): string {
  const first = code >= 500 ? 5 : code >= 400 ? 4 : 2;
  const byCode: Readonly<Record<number, string>> = {
    421: '4.3.2',
    450: '4.2.0',
    451: '4.3.0',
    452: '4.3.1',
    454: '4.7.0',
    500: '5.5.2',
    501: '5.5.4',
    502: '5.5.1',
    503: '5.5.1',
    504: '5.5.4',
    530: '5.7.0',
    535: '5.7.8',
    550: '5.0.0',
    551: '5.1.6',
    552: '5.2.2',
    553: '5.1.3',
    554: '5.0.0',
    556: '5.1.10',
  };
  return byCode[code] ?? `${first}.0.0`;
}

const TEXTS: Readonly<Record<string, string>> = {
  '0.0': 'other status',
  '1.0': 'address problem',
  '1.1': 'no such mailbox',
  '1.2': 'no such domain',
  '1.3': 'the address is not valid',
  '1.4': 'the address is ambiguous',
  '1.5': 'the address is valid',
  '1.6': 'the mailbox has moved',
  '1.7': "the sender's address is not valid",
  '1.8': "the sender's domain does not exist",
  '1.9': 'relayed to a server that sends no reports',
  '1.10': 'the domain accepts no mail',
  '2.0': 'mailbox problem',
  '2.1': 'the mailbox is disabled',
  '2.2': 'the mailbox is full',
  '2.3': 'the message is too large for the mailbox',
  '2.4': 'the list could not be expanded',
  '3.0': 'mail system problem',
  '3.1': 'the mail system is full',
  '3.2': 'the mail system takes no messages now',
  '3.3': 'the mail system cannot do what was asked',
  '3.4': 'the message is too large',
  '3.5': 'the mail system is not set up correctly',
  '3.6': 'the priority was changed',
  '4.0': 'network problem',
  '4.1': 'the host does not answer',
  '4.2': 'the connection broke',
  '4.3': 'the directory does not answer',
  '4.4': 'no route to the domain',
  '4.5': 'the mail system is too busy',
  '4.6': 'the message goes in a loop',
  '4.7': 'the time for delivery has passed',
  '5.0': 'protocol problem',
  '5.1': 'the command is not known or not allowed now',
  '5.2': 'syntax error',
  '5.3': 'too many recipients',
  '5.4': 'a parameter is not valid',
  '5.5': 'the protocol versions do not fit',
  '5.6': 'the sign-in exchange line is too long',
  '6.0': 'content problem',
  '6.1': 'the kind of content is not supported',
  '6.2': 'conversion is needed and forbidden',
  '6.3': 'conversion is needed and not possible',
  '6.4': 'converted, with loss',
  '6.5': 'conversion failed',
  '6.6': 'the content is not available',
  '6.7': 'addresses with other than ASCII characters are not supported there',
  '6.8': 'a reply in UTF-8 is needed and not allowed',
  '6.9': 'the header has UTF-8 that the next server does not take',
  '6.10': 'UTF-8 text of this kind is not supported there',
  '7.0': 'security problem',
  '7.1': 'refused by policy',
  '7.2': 'you may not write to this list',
  '7.3': 'a needed security conversion is not possible',
  '7.4': 'a security feature is not supported',
  '7.5': 'an encryption problem',
  '7.6': 'the encryption is not supported',
  '7.7': 'the message was changed on its way',
  '7.8': 'wrong name or password',
  '7.9': 'the sign-in mechanism is too weak',
  '7.10': 'encryption is needed',
  '7.11': 'this sign-in mechanism needs encryption',
  '7.12': 'the password must be changed first',
  '7.13': 'the account is disabled',
  '7.14': 'a trust relationship is needed',
  '7.15': 'the priority is too low',
  '7.16': 'the message is too large for its priority',
  '7.17': 'the mailbox has another owner now',
  '7.18': 'the domain has another owner now',
  '7.19': 'the test of the owner could not be made',
  '7.20': 'no valid DKIM signature',
  '7.21': 'no acceptable DKIM signature',
  '7.22': 'no DKIM signature of the author',
  '7.23': 'SPF does not allow this server to send for the domain',
  '7.24': 'SPF could not be checked',
  '7.25': 'the address of the sending server has no matching name',
  '7.26': 'several checks of the sender failed',
  '7.27': "the sender's domain accepts no mail",
  '7.28': 'too many messages',
  '7.29': 'ARC validation failed',
  '7.30': 'TLS that the sender asks for is not possible',
};

/** A short text for a status code; the text of its subject where the detail is not known. */
export function enhancedStatusText(status: string): string {
  const parsed = parseEnhancedStatus(status);
  if (parsed === null) return 'other status';
  if (parsed.class === 2 && parsed.subject === 0) return 'done';
  return TEXTS[`${parsed.subject}.${parsed.detail}`] ?? TEXTS[`${parsed.subject}.0`] ?? 'other status';
}
