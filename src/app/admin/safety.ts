// The server's part in a backup: while a caller is connected, no file of a segment goes. The copying is done by the
// caller's process, because it would keep this one busy. `restore` and `verify` need no operation at all.
import type { Store } from '../../storage/store.ts';
import type { ThreadStore } from '../../storage/thread-store.ts';
import { CommandError } from '../cli/command.ts';
import { operation } from './operation.ts';

export const pinSegments = operation({}, async ({ store, onEnd }) => {
  if (onEnd === undefined) throw new CommandError('segments are pinned for a connection only');
  if (!canPin(store)) throw new CommandError('mail is kept in PostgreSQL here; back up with pg_dump or pg_basebackup');
  onEnd(await store.pinSegments());
  return { pinned: true };
});

/** Only the embedded engine has files of its own. */
function canPin(store: Store): store is Store & Pick<ThreadStore, 'pinSegments'> {
  return 'pinSegments' in store;
}
