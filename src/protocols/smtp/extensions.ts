// The SMTP service extensions spoken here, by their EHLO keywords (IANA registry of RFC 5321 §2.2.2).

export const SMTP_EXTENSIONS = [
  'PIPELINING',
  'SIZE',
  '8BITMIME',
  'SMTPUTF8',
  'CHUNKING',
  'BINARYMIME',
  'DSN',
  'ENHANCEDSTATUSCODES',
  'STARTTLS',
  'AUTH',
  'REQUIRETLS',
  'FUTURERELEASE',
  'DELIVERBY',
  'MT-PRIORITY',
  'LIMITS',
] as const;

export type SmtpExtension = (typeof SMTP_EXTENSIONS)[number];
