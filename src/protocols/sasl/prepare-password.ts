// SASLprep (RFC 4013) of passwords, the only importer of its tables. They are ring 2: an algorithm on text with the
// Unicode 3.2 tables of RFC 3454 (2,000 lines that change never), kept by its authors and not worth a copy here.
import { saslprep } from '@mongodb-js/saslprep';

/**
 * The password as SCRAM hashes it. Unassigned code points pass, as RFC 4013 §2.5 allows for queries: otherwise nobody
 * could use an emoji. Text that SASLprep prohibits (or maps to nothing) is returned as it is, which is what the many
 * clients that do not prepare at all would send.
 */
export function preparePassword(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password;
  try {
    const prepared = saslprep(password, { allowUnassigned: true });
    return prepared === '' ? password : prepared;
  } catch {
    return password;
  }
}
