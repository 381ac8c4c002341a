// The items of STATUS, RFC 9051 §6.3.11, with RFC 7162 (HIGHESTMODSEQ), RFC 8438 (SIZE), RFC 8474 (MAILBOXID), RFC 9208
// (DELETED, DELETED-STORAGE), RFC 3501 (RECENT).
import type { MailboxStatus, StatusItem } from '../server/session.ts';
import type { CommandCursor } from './cursor.ts';

const ITEMS = {
  MESSAGES: 'messages',
  UIDNEXT: 'uidNext',
  UIDVALIDITY: 'uidValidity',
  UNSEEN: 'unseen',
  DELETED: 'deleted',
  'DELETED-STORAGE': 'deletedBytes',
  SIZE: 'size',
  RECENT: 'recent',
  HIGHESTMODSEQ: 'highestModSeq',
  MAILBOXID: 'mailboxId',
} as const satisfies Record<string, StatusItem>;

export type StatusName = keyof typeof ITEMS | 'APPENDLIMIT';

/** '(' items ')'. Throws SyntaxFault. */
export function parseStatusItems(cursor: CommandCursor): readonly StatusName[] {
  return cursor.list(() => {
    const at = cursor.position;
    const name = cursor.keyword('a STATUS item');
    if (name === 'APPENDLIMIT' || Object.hasOwn(ITEMS, name)) return name as StatusName;
    cursor.position = at;
    throw cursor.fault('a STATUS item');
  }, 32);
}

/** What has to be read for these names. */
export function statusColumns(names: readonly StatusName[]): ReadonlySet<StatusItem> {
  return new Set(names.flatMap((name) => (name === 'APPENDLIMIT' ? [] : [ITEMS[name]])));
}

/** 'MESSAGES 3 UNSEEN 1'. */
export function formatStatus(names: readonly StatusName[], status: MailboxStatus, appendMaxOctets: number): string {
  return names
    .map((name) => {
      if (name === 'APPENDLIMIT') return `APPENDLIMIT ${appendMaxOctets}`;
      const value = status[ITEMS[name]];
      return typeof value === 'string' ? `${name} (${value})` : `${name} ${value}`;
    })
    .join(' ');
}
