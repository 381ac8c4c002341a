// Root binds the ports and is then given up for good: for the configured user, else the owner of the data folder.
import { execFileSync } from 'node:child_process';
import { lchownSync, lstatSync, readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { badFolderPath, dropFolderPath } from '../../services/drop/prepare-drop-folder.ts';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Whom to become; null when this process is not root, or root owns the data folder and no user was named. */
export function findServiceUser(user: string | null, dataDir: string): UserIds | null {
  if (process.getuid?.() !== 0) return null;
  if (user !== null) return { uid: lookUp(user, '-u'), gid: lookUp(user, '-g') };
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? null : { uid, gid };
}

function lookUp(user: string, flag: '-u' | '-g'): number {
  try {
    return Number(execFileSync('id', [flag, '--', user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch (cause) {
    throw new Error(`there is no user '${user}' on this machine; name another one in 'user'`, { cause });
  }
}

/** Becomes the user, with no way back; what root made in the data folder becomes the user's. */
export function becomeUser(ids: UserIds, dataDir: string): void {
  giveDataFolder(ids, dataDir);
  process.setgroups?.([ids.gid]);
  process.setgid?.(ids.gid);
  process.setuid?.(ids.uid);
}

/**
 * Gives the user the data folder with what is in it, for root. Anybody may add to the drop folder: of that, the folders
 * alone are given. A file there keeps its owner, who is its sender, and may have a second name elsewhere.
 */
export function giveDataFolder(ids: UserIds, dataDir: string): void {
  const drop = dropFolderPath(dataDir);
  give(dataDir, ids);
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    if (path === drop) for (const folder of [drop, badFolderPath(drop)]) give(folder, ids);
    else giveTree(path, ids);
  }
}

function giveTree(path: string, ids: UserIds): void {
  const found = give(path, ids);
  if (found?.isDirectory() === true) for (const name of readdirSync(path)) giveTree(join(path, name), ids);
}

/** Follows no link, and leaves a file with a second name alone: that one may be anywhere. */
function give(path: string, { uid, gid }: UserIds): Stats | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink() || (found.isFile() && found.nlink > 1)) return null;
  if (found.uid !== uid) lchownSync(path, uid, gid);
  return found;
}
