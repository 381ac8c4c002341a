// What a server without any domain makes for itself, so that somebody can sign in: a domain and its administrator with a
// random password, shown once. There is no default password.
import { randomInt } from 'node:crypto';
import type { AdminContext } from '../admin/admin-context.ts';
import { runOperation } from '../admin/operations.ts';
import { findFirstDomain } from '../../storage/records/domains.ts';

/** Without letters and digits that look alike: 20 of them are more than 95 bits. */
const PASSWORD_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const PASSWORD_CHARACTERS = 20;
const SIGN_IN_LABELS_MIN = 3;

export interface FirstAccount {
  readonly domain: string;
  readonly address: string;
  readonly password: string;
}

/** Makes domain and administrator; null when there is a domain already. */
export async function makeFirstAccount(context: AdminContext): Promise<FirstAccount | null> {
  if ((await findFirstDomain(context.store.read)) !== null) return null;
  const { hostname, hostnameWritten } = context.config;
  const domain = hostnameWritten ? domainOfHost(hostname) : hostname;
  const address = `admin@${domain}`;
  const password = randomPassword();
  await runOperation(context, { operation: 'domain.add', arguments: { name: domain } }, () => {});
  await runOperation(context, { operation: 'account.add', arguments: { address, password } }, () => {});
  return { domain, address, password };
}

/** mx.one.test serves one.test; one.test serves itself. */
function domainOfHost(hostname: string): string {
  const labels = hostname.split('.');
  return labels.length >= SIGN_IN_LABELS_MIN ? labels.slice(1).join('.') : hostname;
}

/** A password nobody has chosen. */
export function randomPassword(): string {
  return Array.from({ length: PASSWORD_CHARACTERS }, () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)]).join(
    '',
  );
}
