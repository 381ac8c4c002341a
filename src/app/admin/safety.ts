// Backup of a storage in use. `restore` and `verify` need no operation: the one wants no server, the other only reads.
import { isAbsolute } from 'node:path';
import { backup as copyStorage } from '../../storage/backup.ts';
import { CommandError } from '../cli/command.ts';
import { operation } from './operation.ts';

/** Copies everything into the folder `target`, an absolute path that the server's user may write to. */
export const backup = operation({ target: 'text' }, async ({ store, dataDir }, { target }, onProgress) => {
  if (!isAbsolute(target)) throw new CommandError(`'${target}' is no absolute path`);
  const { segments } = await copyStorage(store, {
    dataDir,
    target,
    onProgress: (progress) => onProgress({ what: 'segments', done: progress.segmentsDone, total: progress.segments }),
  });
  return { target, segments };
});
