// What the store says: is there anybody to receive mail, and does the queue move?
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { badFolderPath, dropFolderPath } from '../../services/drop/prepare-drop-folder.ts';
import { findFirstAdministrator } from '../../storage/records/accounts.ts';
import { listDomains } from '../../storage/records/domains.ts';
import { sumQueue } from '../../storage/records/queue-listing.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import { timeOfUnitId } from '../../storage/unit-ids.ts';
import { aboutTime, count } from '../cli/table.ts';
import { findingsOf, type Finding } from './finding.ts';

const QUEUE_LONG_RECIPIENTS = 10_000;
const QUEUE_OLD_MS = 86_400_000;
/** Domains whose DNS is looked at without being named. */
const DOMAINS_MAX = 20;

const accounts = findingsOf('accounts');
const queue = findingsOf('queue');

export interface StoreFacts {
  readonly findings: readonly Finding[];
  /** Names of domains that take mail, some of them. */
  readonly domains: readonly string[];
}

/** Reads the store. */
export async function checkStore(read: SqlReader, nowMs: number): Promise<StoreFacts> {
  const domains = await listDomains(read, '', DOMAINS_MAX);
  const findings = [await checkAdministrator(read, domains.length), await checkQueue(read, nowMs)];
  return { findings, domains: domains.filter(({ enabled }) => enabled).map(({ name }) => name) };
}

async function checkAdministrator(read: SqlReader, domains: number): Promise<Finding> {
  if (domains === 0) return accounts.broken('there is no domain: no mail is taken', 'postroad domain add NAME');
  const administrator = await findFirstAdministrator(read);
  if (administrator === null)
    return accounts.broken('there is no account: nobody gets mail', 'postroad account add ADDRESS');
  if (!administrator.enabled || administrator.role !== 'administrator') {
    return accounts.note(
      `no enabled administrator: postmaster reaches ${administrator.address}`,
      'postroad account change ADDRESS --administrator',
    );
  }
  return accounts.good(`postmaster reaches ${administrator.address}, unless a domain names another`);
}

async function checkQueue(read: SqlReader, nowMs: number): Promise<Finding> {
  const { messages, recipients, held, oldestUnitId } = await sumQueue(read);
  if (oldestUnitId === null) return queue.good('nothing waits');
  const age = nowMs - timeOfUnitId(oldestUnitId);
  const text = `${count(messages, 'message')} to ${count(recipients, 'recipient')} wait${held === 0 ? '' : ` (${held} held)`}, the oldest for ${aboutTime(age)}`;
  return recipients > QUEUE_LONG_RECIPIENTS || age > QUEUE_OLD_MS
    ? queue.note(text, 'postroad queue list tells why')
    : queue.good(text);
}

/** Files that local programs put down and that were no messages. */
export async function checkDrop(dataDir: string): Promise<Finding[]> {
  const folder = badFolderPath(dropFolderPath(dataDir));
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  return [
    queue.note(
      `${count(names.length, 'dropped file')} could not be sent`,
      `look into ${join(folder, names[0] ?? '')} and the log`,
    ),
  ];
}
