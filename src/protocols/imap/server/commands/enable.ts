// ENABLE, RFC 9051 §6.3.1 (RFC 5161). Only what changes what the server says has to be enabled.
import { command } from '../command-spec.ts';
import type { ImapDialog, EnabledExtensions } from '../dialog.ts';
import { ok } from '../outcome.ts';

const EXTENSIONS: Readonly<Record<string, readonly (keyof EnabledExtensions)[]>> = {
  CONDSTORE: ['condStore'],
  // RFC 7162 §3.2.3: it brings CONDSTORE along.
  QRESYNC: ['qresync', 'condStore'],
  'UTF8=ACCEPT': ['utf8'],
  IMAP4REV2: ['rev2'],
};

/** RFC 7162 §3.1: a command that shows that the client knows modseqs. Tells where the selected mailbox stands. */
export function enableCondStore(dialog: ImapDialog): void {
  if (dialog.enabled.condStore) return;
  dialog.enabled.condStore = true;
  const view = dialog.selected;
  if (view !== null) dialog.untagged(`OK [HIGHESTMODSEQ ${view.modSeq}] The highest modseq`);
}

export const ENABLE = command<readonly string[]>({
  phase: 'authenticated',
  parse(cursor) {
    const names: string[] = [];
    while (cursor.skip(' ')) names.push(cursor.keyword('a capability'));
    if (names.length === 0) throw cursor.fault('a space');
    cursor.end();
    return names;
  },
  run(dialog, names) {
    const enabled: string[] = [];
    for (const name of names) {
      const flags = EXTENSIONS[name];
      if (flags === undefined || dialog.enabled[flags[0]!]) continue;
      if (flags.includes('condStore')) enableCondStore(dialog);
      for (const flag of flags) dialog.enabled[flag] = true;
      enabled.push(name === 'IMAP4REV2' ? 'IMAP4rev2' : name);
    }
    dialog.untagged(['ENABLED', ...enabled].join(' '));
    return ok('So be it');
  },
  news: 'all',
});
