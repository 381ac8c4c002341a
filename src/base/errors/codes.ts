// Every refusal that crosses a layer has one of these codes. Each protocol maps all of them to its own language
// (`satisfies Record<ErrorCode, …>`), so adding a code here makes every table incomplete until it is thought about.

export const ERROR_CODES = [
  'account-disabled',
  'account-full',
  'account-unknown',
  'auth-failed',
  'auth-needs-tls',
  'auth-required',
  'auth-temporary',
  'content-refused',
  'directory-unavailable',
  'dns-unavailable',
  'domain-unknown',
  'header-too-large',
  'internal',
  'line-ending',
  'line-too-long',
  'loop',
  'mailbox-in-use',
  'message-too-large',
  'mime-too-deep',
  'parameter-unsupported',
  'rate-limited',
  'relay-denied',
  'requiretls-impossible',
  'sender-not-owned',
  'shutting-down',
  'storage-failed',
  'storage-full',
  'syntax',
  'too-many-connections',
  'too-many-recipients',
  'utf8-impossible',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
