// The server's part in a backup: while a caller is connected, no file of a segment goes. The copying is done by the
// caller's process, because it would keep this one busy. `restore` and `verify` need no operation at all.
import { CommandError } from '../cli/command.ts';
import { operation } from './operation.ts';

export const pinSegments = operation({}, async ({ store, onEnd }) => {
  if (onEnd === undefined) throw new CommandError('segments are pinned for a connection only');
  onEnd(await store.pinSegments());
  return { pinned: true };
});
