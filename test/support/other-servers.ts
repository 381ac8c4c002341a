// Postfix and Exim as next hops for the slow suites: private instances on loopback ports, in a folder of their own. Both
// start as root only and drop to their own users.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

export interface OtherServer {
  readonly port: number;
  /** What it has logged so far. */
  readonly log: () => string;
}

const POSTFIX = '/usr/sbin/postfix';
const EXIM = process.env['POSTROAD_EXIM'] ?? '/usr/sbin/exim4';

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Why Postfix cannot be used here; false when it can. */
export function postfixAbsent(): string | false {
  if (!existsSync(POSTFIX)) return 'postfix is not installed';
  return isRoot() ? false : 'postfix starts as root only';
}

/** Why Exim cannot be used here; false when it can. */
export function eximAbsent(): string | false {
  if (!existsSync(EXIM)) return 'exim4 is not installed';
  return isRoot() ? false : 'exim4 starts as root only';
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function waitForPort(port: number, isAlive: () => boolean): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.end());
    });
    if (isOpen) return;
    if (!isAlive()) throw new Error('the server did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A folder that goes with the test, after `stop`. */
function scratch(t: TestContext, name: string, stop: (folder: string) => unknown): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  chmodSync(folder, 0o755);
  t.after(async () => {
    await stop(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'cert.pem'), TEST_CERTIFICATE);
  writeFileSync(join(folder, 'key.pem'), TEST_KEY);
  return folder;
}

/** A Postfix that takes mail for two.test and throws it away; `settings` are further lines of main.cf. */
export async function startPostfix(t: TestContext, settings: readonly string[] = []): Promise<OtherServer> {
  const folder = scratch(t, 'postfix', (there) => spawnSync(POSTFIX, ['-c', join(there, 'conf'), 'stop']));
  const port = await freePort();
  for (const name of ['conf', 'queue', 'data']) mkdirSync(join(folder, name));
  execFileSync('chown', ['postfix', join(folder, 'data')]);
  const main = [
    'compatibility_level = 3.6',
    `queue_directory = ${folder}/queue`,
    `data_directory = ${folder}/data`,
    'mail_owner = postfix',
    'setgid_group = postdrop',
    'myhostname = mx.two.test',
    'mydestination = two.test',
    'inet_interfaces = 127.0.0.1',
    'mynetworks = 127.0.0.0/8',
    'local_recipient_maps =',
    'local_transport = discard:',
    'smtpd_recipient_restrictions = permit_mynetworks, reject',
    'smtpd_tls_security_level = may',
    `smtpd_tls_cert_file = ${folder}/cert.pem`,
    `smtpd_tls_key_file = ${folder}/key.pem`,
    `maillog_file = ${folder}/log`,
    'maillog_file_prefixes = /tmp, /var',
    ...settings,
  ];
  const services = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'discard unix - - n - - discard',
    'error unix - - n - - error',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'anvil unix - - n - 1 anvil',
    'postlog unix-dgram n - n - 1 postlogd',
    'showq unix n - n - - showq',
    'flush unix n - n 1000? 0 flush',
  ];
  writeFileSync(join(folder, 'conf/main.cf'), `${main.join('\n')}\n`);
  writeFileSync(join(folder, 'conf/master.cf'), `${services.join('\n')}\n`);
  const log = (): string => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');
  const started = spawnSync(POSTFIX, ['-c', join(folder, 'conf'), 'start'], { encoding: 'utf8' });
  if (started.status !== 0) throw new Error(`postfix: ${started.stdout}${started.stderr}${log()}`);
  await waitForPort(port, () => !/fatal/.test(log()));
  return { port, log };
}

/** An Exim that takes mail for two.test, except for gone@, and throws it away. */
export async function startExim(t: TestContext): Promise<OtherServer> {
  let child: ChildProcess | null = null;
  let isAlive = true;
  const folder = scratch(t, 'exim', async () => {
    child?.kill();
    if (isAlive) await new Promise((resolve) => child?.on('exit', resolve));
  });
  const port = await freePort();
  mkdirSync(join(folder, 'spool'));
  mkdirSync(join(folder, 'log'));
  for (const name of ['spool', 'log', 'cert.pem', 'key.pem']) {
    execFileSync('chown', ['Debian-exim', join(folder, name)]);
  }
  const configuration = `
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
primary_hostname = mx.two.test
exim_user = Debian-exim
exim_group = Debian-exim
keep_environment =
domainlist local_domains = two.test
acl_smtp_rcpt = check
chunking_advertise_hosts = *
dsn_advertise_hosts = *
tls_advertise_hosts = *
tls_certificate = ${folder}/cert.pem
tls_privatekey = ${folder}/key.pem
smtp_accept_max = 50
begin acl
check:
  deny message = no such user
       local_parts = gone
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
everybody:
  driver = accept
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
`;
  writeFileSync(join(folder, 'exim.conf'), configuration);
  child = spawn(EXIM, ['-C', join(folder, 'exim.conf'), '-bdf', '-oX', `127.0.0.1.${port}`], { stdio: 'ignore' });
  child.on('exit', () => (isAlive = false));
  const path = join(folder, 'log/mainlog');
  const log = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  await waitForPort(port, () => isAlive);
  return { port, log };
}
