// The server's code, loaded only by the commands that run it, and what a failed start says.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { UntilSignalOptions } from '../serve/until-signal.ts';
import { CommandError, EXIT_FAILED } from './command.ts';

/** Loads the server's code with the compile cache of its data folder, so that the next start is faster. */
export async function loadServer(
  config: Config,
): Promise<{ runUntilSignal: (options: UntilSignalOptions) => Promise<number> }> {
  if (process.env['NODE_COMPILE_CACHE'] === undefined) {
    const folder = join(config.data, 'compile-cache');
    process.env['NODE_COMPILE_CACHE'] = folder;
    enableCompileCache(folder);
  }
  return await import('../serve/until-signal.ts');
}

/** What a failed start says in one line. */
export function startFailure(error: unknown): CommandError {
  const { code } = error as { code?: string };
  const text = error instanceof Error ? error.message : String(error);
  const mend =
    code === 'EACCES'
      ? '; run as root, grant CAP_NET_BIND_SERVICE, or name a port above 1023'
      : code === 'EADDRINUSE'
        ? '; another program has that port: stop it, or name another port'
        : '';
  return new CommandError(`${text}${mend}`, { exitCode: EXIT_FAILED, cause: error });
}
