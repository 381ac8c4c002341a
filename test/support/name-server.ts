// A name server for slow tests: Debian's nsd with zones of its own, in a temporary folder, on loopback.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, RunningProgram } from './programs.ts';

export interface NameServer {
  /** For `[dns]` of a configuration. */
  readonly settings: string;
  stop(): Promise<void>;
}

/** Serves `test.` with these records, written as in a zone file, with names that end below `test.`. */
export async function startNameServer(records: string): Promise<NameServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postroad-nsd-'));
  const port = await freePort();
  const soa = '@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n';
  writeFileSync(join(folder, 'test.zone'), `$ORIGIN test.\n$TTL 60\n${soa}${records}`);
  writeFileSync(
    join(folder, 'nsd.conf'),
    `server:
  ip-address: 127.0.0.1
  port: ${port}
  server-count: 1
  username: ""
  chroot: ""
  pidfile: ""
  database: ""
  zonesdir: "${folder}"
  zonelistfile: "${folder}/zone.list"
  xfrdfile: "${folder}/xfrd.state"
  xfrdir: "${folder}"
  verbosity: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: test
  zonefile: test.zone
`,
  );
  const serving = await RunningProgram.start('nsd', ['-d', '-c', join(folder, 'nsd.conf')], /nsd started/u);
  return {
    settings: `[dns]\nservers = ["127.0.0.1:${port}"]\n`,
    async stop() {
      await serving.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
