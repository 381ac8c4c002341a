// How folders are called: one's own by their path; those of others below 'Other Users/<address>/', public ones below
// 'Public/'. What a client may call a new folder (RFC 9051 §5.1, RFC 5198 §3).
import { MailError } from '../../base/errors/mail-error.ts';
import { FOLDER_DEPTH_MAX, FOLDER_NAME_MAX_OCTETS } from './limits.ts';

export const OTHERS_ROOT = 'Other Users';
export const PUBLIC_ROOT = 'Public';

export type FolderPath =
  | { readonly kind: 'own'; readonly name: string }
  | { readonly kind: 'other'; readonly address: string; readonly name: string }
  | { readonly kind: 'public'; readonly name: string }
  /** A name that only has others below it. */
  | { readonly kind: 'root' };

/** Whose folder a name means. */
export function splitFolderName(name: string): FolderPath {
  const parts = name.split('/');
  const root = parts[0] ?? '';
  if (root === PUBLIC_ROOT) return parts.length < 2 ? { kind: 'root' } : { kind: 'public', name: rest(parts, 1) };
  if (root !== OTHERS_ROOT) return { kind: 'own', name };
  if (parts.length < 3) return { kind: 'root' };
  return { kind: 'other', address: parts[1] ?? '', name: rest(parts, 2) };
}

function rest(parts: readonly string[], from: number): string {
  const name = parts.slice(from).join('/');
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}

/** How the viewer calls a folder of somebody else; `ownerAddress` null: a public one. */
export function joinFolderName(ownerAddress: string | null, name: string): string {
  return ownerAddress === null ? `${PUBLIC_ROOT}/${name}` : `${OTHERS_ROOT}/${ownerAddress}/${name}`;
}

// Control characters, line and paragraph separators, and halves of surrogate pairs.
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/u;

/** Throws mailbox-name when no folder can be called so. */
export function requireFolderName(name: string): void {
  const parts = name.split('/');
  const refusal =
    Buffer.byteLength(name) > FOLDER_NAME_MAX_OCTETS
      ? `A name has at most ${FOLDER_NAME_MAX_OCTETS} octets`
      : parts.length > FOLDER_DEPTH_MAX
        ? `At most ${FOLDER_DEPTH_MAX} folders inside each other`
        : parts.some((part) => part === '' || part.trim() !== part)
          ? 'No part of a name is empty or begins or ends with a space'
          : FORBIDDEN.test(name)
            ? 'A name has no control characters'
            : null;
  if (refusal !== null) throw new MailError('mailbox-name', refusal, { temporary: false });
}
