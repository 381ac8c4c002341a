// `serve`: the server in the foreground. One line `ready {json}` on stdout when every listener accepts; SIGTERM and SIGINT
// drain; SIGHUP reads the configuration again.
import { loadConfig } from '../../config/load-config.ts';
import type { Command, CommandContext } from '../command.ts';
import { loadServer, startFailure } from '../load-server.ts';

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
