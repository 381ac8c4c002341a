// A Postfix with its own configuration, queue and data folder; nothing of the machine's own Postfix is touched.
// It runs with Debian's defaults otherwise: one fsync for each message, which is always on.
import { chownSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Endpoint, type RunningServer, freePort } from './server.ts';
import { findProgram, remember, runProgram, stopProcess, until } from './programs.ts';

export interface PostfixOptions {
  /** An empty folder of this server. */
  readonly folder: string;
  /** Lines of main.cf beyond the usual ones. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Postfix extends RunningServer {
  readonly smtp: Endpoint;
  readonly queueFolder: string;
  /** True when nothing waits for delivery. What is on hold does not count. */
  isQueueEmpty(): boolean;
}

const MASTER_CF = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
`;

function userId(name: string): number {
  const line = readFileSync('/etc/passwd', 'latin1')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`));
  if (line === undefined) throw new Error(`there is no user ${name}; install the Debian package postfix`);
  return Number(line.split(':')[2]);
}

function configure(options: PostfixOptions, port: number): void {
  const { folder } = options;
  const settings: Record<string, string> = {
    compatibility_level: '3.7',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    command_directory: dirname(findProgram('postfix', 'postfix')),
    daemon_directory: dirname(findProgram('smtpd', 'postfix')),
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: 'peer.test',
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_recipient_limit: '20000',
    message_size_limit: '104857600',
    virtual_mailbox_limit: '0',
    // A delivery that stumbles is tried again at once, not after five minutes.
    minimal_backoff_time: '1s',
    queue_run_delay: '1s',
    ...options.settings,
  };
  mkdirSync(join(folder, 'config'), { recursive: true });
  mkdirSync(join(folder, 'queue'), { recursive: true });
  mkdirSync(join(folder, 'data'), { recursive: true });
  chownSync(join(folder, 'data'), userId('postfix'), 0);
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  writeFileSync(join(folder, 'config', 'main.cf'), lines.join(''));
  writeFileSync(join(folder, 'config', 'master.cf'), MASTER_CF(port));
}

function holdsFiles(folder: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).some(
    (entry) => entry.isFile() || (entry.isDirectory() && holdsFiles(join(folder, entry.name))),
  );
}

/** Starts Postfix; it listens on a free port of loopback. Needs root, as Postfix does. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const port = await freePort();
  configure(options, port);
  const config = join(options.folder, 'config');
  const queue = join(options.folder, 'queue');
  await runProgram(findProgram('postfix', 'postfix'), ['-c', config, 'start']);
  const pid = Number(readFileSync(join(queue, 'pid', 'master.pid'), 'latin1').trim());
  remember(pid);
  await until(() => readdirSync(join(queue, 'public')).includes('cleanup'), 'Postfix starts', 10_000);
  return {
    roots: [pid],
    smtp: { host: '127.0.0.1', port },
    queueFolder: queue,
    isQueueEmpty: () => !['incoming', 'active', 'deferred', 'maildrop'].some((name) => holdsFiles(join(queue, name))),
    stop: () => stopProcess(pid),
  };
}
