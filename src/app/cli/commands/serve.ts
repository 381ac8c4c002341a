// `serve`: the server in the foreground. One line `ready {json}` on stdout when every listener accepts; SIGTERM and SIGINT
// drain; SIGHUP reads the configuration again.
import { join } from 'node:path';
import { enableCompileCache } from 'node:module';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { UntilSignalOptions } from '../../serve/until-signal.ts';
import { CommandError, EXIT_FAILED, type Command, type CommandContext } from '../command.ts';

export const serveCommand: Command = {
  name: 'serve',
  synopsis: '',
  summary: 'Runs the server in the foreground',
  doc: 'Prints one line `ready {json}` when every listener accepts; the json maps each protocol to "address:port". SIGTERM lets sessions finish and ends with 0; SIGHUP reads the configuration again.',
  run: serve,
};

async function serve(context: CommandContext): Promise<number> {
  const config = context.config();
  const { runUntilSignal } = await loadServer(config);
  try {
    return await runUntilSignal({
      config,
      reread: () => loadConfig(context.configPath, context.host.folder),
      mayMovePorts: false,
      onReady: ({ addresses }) => context.print(`ready ${JSON.stringify(addresses)}`),
    });
  } catch (error) {
    throw startFailure(error);
  }
}

/** Loads the server's code with the compile cache of its data folder, so that the next start is faster. */
async function loadServer(
  config: Config,
): Promise<{ runUntilSignal: (options: UntilSignalOptions) => Promise<number> }> {
  if (process.env['NODE_COMPILE_CACHE'] === undefined) {
    const folder = join(config.data, 'compile-cache');
    process.env['NODE_COMPILE_CACHE'] = folder;
    enableCompileCache(folder);
  }
  return await import('../../serve/until-signal.ts');
}

/** What a failed start says in one line. */
function startFailure(error: unknown): CommandError {
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
