// Root binds the ports and is then given up for good: for the configured user, else the owner of the data folder.
import { execFileSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

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
export function becomeUser({ uid, gid }: UserIds, dataDir: string): void {
  giveTo(dataDir, uid, gid);
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

function giveTo(path: string, uid: number, gid: number): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  if (found.uid !== uid) chownSync(path, uid, gid);
  if (found.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), uid, gid);
}
