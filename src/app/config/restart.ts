// Which changes of the configuration a running server cannot take over: those of ports, folders and threads, and the log.
import type { Config } from './config.ts';
import { SCHEMA } from './schema.ts';
import { writeJson } from './write-settings.ts';

/** Everything else may change while the server runs. */
const UNTIL_RESTART = ['data', 'threads', 'user', 'listener', 'store', 'log', 'metrics'] as const;

/** The top-level keys whose change needs a restart; empty: the new configuration can be taken over. */
export function changesThatNeedRestart(before: Config, after: Config): string[] {
  const [old, young] = [writeJson(SCHEMA, { ...before }), writeJson(SCHEMA, { ...after })];
  return UNTIL_RESTART.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(young[key]));
}
