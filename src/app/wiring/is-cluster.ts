// Which storage engine a configuration names.
import type { Config } from '../config/config.ts';

/** Whether mail is kept in PostgreSQL, by any number of nodes. */
export function isCluster({ store }: Config): boolean {
  return store.url !== 'sqlite:';
}
