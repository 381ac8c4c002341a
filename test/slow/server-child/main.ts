// The server as `serve` runs it, with one more way in: a line `kill N` on stdin ends protocol thread N as a crash would.
import { createInterface } from 'node:readline';
import { dirname } from 'node:path';
import { loadConfig } from '../../../src/app/config/load-config.ts';
import { runUntilSignal } from '../../../src/app/serve/until-signal.ts';

const [configPath = ''] = process.argv.slice(2);
const read = (): ReturnType<typeof loadConfig> => loadConfig(configPath, dirname(configPath));

const code = await runUntilSignal({
  config: read(),
  reread: read,
  mayMovePorts: false,
  onReady({ server, addresses }) {
    process.stdout.write(`ready ${JSON.stringify(addresses)}\n`);
    createInterface({ input: process.stdin }).on('line', (line) => {
      const number = /^kill (\d+)$/.exec(line)?.[1];
      if (number !== undefined) void server.house.killProtocolThread(Number(number));
    });
  },
});
process.exit(code);
