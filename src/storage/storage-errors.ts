// What storage says when it cannot keep a promise: storage-full and storage-failed, both temporary. The cause goes to
// the log, never to a stranger.
import { MailError } from '../base/errors/mail-error.ts';
import type { ErrorCode } from '../base/errors/codes.ts';
import { sqliteFault } from './sql/sqlite-dialect.ts';

/** The `code` of a Node error; '' when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);

/** Any failure as the MailError that callers hear. A MailError stays as it is. */
export function toStorageError(error: unknown): MailError {
  if (error instanceof MailError) return error;
  const fault = sqliteFault(error);
  if (FULL_CODES.has(errorCode(error)) || fault === 'full')
    return new MailError('storage-full', 'the disk is full, try again later', { temporary: true, cause: error });
  if (fault === 'constraint' || fault === 'other' || (fault === null && errorCode(error) === ''))
    return new MailError('internal', 'internal error, try again later', { temporary: true, cause: error });
  return new MailError('storage-failed', 'storage failed, try again later', { temporary: true, cause: error });
}

/** A MailError as it crosses threads. */
export interface SentError {
  readonly code: ErrorCode;
  readonly text: string;
  readonly temporary: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** `error` as plain data; its cause becomes text. */
export function sendError(error: MailError): SentError {
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
  return {
    code: error.code,
    text: error.publicText,
    temporary: error.temporary,
    details: { ...error.details, ...cause },
  };
}

/** The error that `sendError` made plain. */
export function receiveError(sent: SentError): MailError {
  return new MailError(sent.code, sent.text, { temporary: sent.temporary, details: sent.details });
}
