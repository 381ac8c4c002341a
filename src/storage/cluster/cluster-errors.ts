// What callers hear when PostgreSQL cannot keep a promise: temporary, without a word about it. The cause goes to the log.
import { MailError } from '../../base/errors/mail-error.ts';
import { postgresFault } from '../sql/postgres-dialect.ts';

/** Any failure as the MailError that callers hear. A MailError stays as it is. */
export function toClusterError(error: unknown): MailError {
  if (error instanceof MailError) return error;
  const options = { temporary: true, cause: error };
  const fault = postgresFault(error);
  if (fault === 'full') return new MailError('storage-full', 'the disk is full, try again later', options);
  if (fault === 'taken' || fault === 'other')
    return new MailError('internal', 'internal error, try again later', options);
  return new MailError('storage-failed', 'storage failed, try again later', options);
}
