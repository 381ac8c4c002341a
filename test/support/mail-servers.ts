// Postfix, Exim and Dovecot for slow tests: each with a configuration, queue and mailboxes of its own in a temporary folder
// and loopback ports that are free. Nothing of the machine's own servers is read or touched. They need root, as always.
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absent, freePort, run, RunningProgram, until } from './programs.ts';
import { PASSWORD } from './postroad-server.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

/** Of nobody, on Debian: who owns the test mailboxes. */
const NOBODY = 65_534;

/** Why servers that change users cannot run here; false when they can. */
export function absentServer(...names: readonly string[]): string | false {
  return process.getuid?.() === 0 ? absent(...names) : 'needs root, as the foreign mail servers do';
}

export interface ServerFolder {
  readonly folder: string;
  /** Below it, mailboxes: `mail/USER/new`. */
  readonly mail: string;
}

function makeFolder(name: string): ServerFolder {
  const folder = mkdtempSync(join(tmpdir(), `postroad-${name}-`));
  const mail = join(folder, 'mail');
  mkdirSync(mail);
  chownSync(mail, NOBODY, NOBODY);
  run('chmod', ['755', folder]).catch(() => {});
  writeFileSync(join(folder, 'certificate.pem'), TEST_CERTIFICATE);
  writeFileSync(join(folder, 'key.pem'), TEST_KEY, { mode: 0o600 });
  return { folder, mail };
}

/** Waits until a user's maildir has so many messages, takes them out, and gives them with CRLF. */
export async function takeMaildir(maildir: string, count = 1): Promise<Buffer[]> {
  const folder = join(maildir, 'new');
  const names = await until(`${count} messages in ${folder}`, () => {
    try {
      const found = readdirSync(folder);
      return found.length >= count ? found.toSorted() : null;
    } catch {
      return null; // Not there before the first message.
    }
  });
  return names.map((name) => {
    const octets = readFileSync(join(folder, name), 'latin1');
    rmSync(join(folder, name));
    return Buffer.from(octets.replaceAll(/\r?\n/gu, '\r\n'), 'latin1');
  });
}

/** Resolves when something accepts connections there. */
async function accepting(what: string, port: number): Promise<void> {
  await until(`${what} accepts connections`, () => tryConnect(port));
}

function tryConnect(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: true | null): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(null));
  });
}

export interface MailServer extends ServerFolder {
  readonly port: number;
  /** What it has logged. */
  log(): string;
  /** Puts a message into its queue, as a local program does. */
  sendmail(letter: Buffer, ...words: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const POSTFIX_MASTER = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

export interface PostfixOptions {
  /** Lines of main.cf; gets the folder, where `certificate.pem` is. */
  readonly settings: (folder: string) => Readonly<Record<string, string>>;
}

/** Postfix as mx.four.test: mailboxes of ben@ and jürgen@four.test; mail of this machine is relayed. */
export async function startPostfix(options: PostfixOptions): Promise<MailServer> {
  const { folder, mail } = makeFolder('postfix');
  const port = await freePort();
  const config = join(folder, 'config');
  for (const name of [config, join(folder, 'queue'), join(folder, 'data')]) mkdirSync(name);
  const owner = Number((await run('id', ['-u', 'postfix'])).trim());
  chownSync(join(folder, 'data'), owner, 0);
  const logFile = join(folder, 'postfix.log');
  const settings: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: logFile,
    maillog_file_prefixes: folder,
    myhostname: 'mx.four.test',
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    virtual_mailbox_domains: 'four.test',
    virtual_mailbox_base: mail,
    virtual_mailbox_maps: 'inline:{ben@four.test=ben/, jürgen@four.test=juergen/}',
    virtual_uid_maps: `static:${NOBODY}`,
    virtual_gid_maps: `static:${NOBODY}`,
    smtpd_tls_cert_file: join(folder, 'certificate.pem'),
    smtpd_tls_key_file: join(folder, 'key.pem'),
    smtpd_tls_security_level: 'may',
    smtpd_tls_received_header: 'yes',
    smtp_tls_security_level: 'may',
    smtp_tls_loglevel: '1',
    smtp_dns_support_level: 'disabled',
    maximal_backoff_time: '300s',
    ...options.settings(folder),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  writeFileSync(join(config, 'main.cf'), lines.join(''));
  writeFileSync(join(config, 'master.cf'), POSTFIX_MASTER(port));
  const log = (): string => readLog(logFile);
  await run('postfix', ['-c', config, 'start']);
  await accepting(`Postfix (${log()})`, port);
  return {
    folder,
    mail,
    port,
    log,
    async sendmail(letter, ...words) {
      await run('sendmail', ['-C', config, '-i', ...words], {
        input: withLf(letter),
      });
    },
    async stop() {
      await run('postfix', ['-c', config, 'stop']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Local programs end lines with LF. */
function withLf(letter: Buffer): Buffer {
  return Buffer.from(letter.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Not written yet.
  }
}

/** Where Exim is: `POSTROAD_EXIM`, or the machine's; it conflicts with Postfix as a package. */
export function eximProgram(): string {
  return process.env['POSTROAD_EXIM'] ?? 'exim4';
}

export interface EximOptions {
  /** The port of the next hop for one.test. */
  readonly nextPort: number;
}

const EXIM_CONF = (parts: ServerFolder & { program: string; port: number; nextPort: number }): string => `
exim_path = ${parts.program}
spool_directory = ${parts.folder}/spool
log_file_path = ${parts.folder}/log/%s
pid_file_path = ${parts.folder}/exim.pid
primary_hostname = mx.five.test
qualify_domain = five.test
keep_environment =
deliver_drop_privilege
daemon_smtp_ports = ${parts.port}
local_interfaces = 127.0.0.1
disable_ipv6
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = ${parts.folder}/certificate.pem
tls_privatekey = ${parts.folder}/key.pem
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 60000
log_selector = +smtp_protocol_error +tls_cipher +smtp_confirmation
acl_smtp_rcpt = check_rcpt
begin acl
check_rcpt:
  defer local_parts = later
        message = Come back later
  deny domains = five.test
       ! local_parts = ben : jürgen
       message = 5.1.1 Unknown user
  accept
begin routers
onward:
  driver = manualroute
  domains = one.test
  route_list = one.test 127.0.0.1::${parts.nextPort}
  self = send
  transport = onward
mailboxes:
  driver = accept
  domains = five.test
  transport = mailbox
begin transports
onward:
  driver = smtp
  hosts_require_tls = *
  hosts_try_dane =
mailbox:
  driver = appendfile
  maildir_format
  directory = ${parts.mail}/ben
  create_directory
  return_path_add
  user = Debian-exim
  group = Debian-exim
`;

/** Exim as mx.five.test: one mailbox, ben@ and jürgen@five.test; mail of this machine for one.test is relayed. */
export async function startExim({ nextPort }: EximOptions): Promise<MailServer> {
  const program = eximProgram();
  const made = makeFolder('exim');
  const { folder, mail } = made;
  const port = await freePort();
  const [uid, gid] = (await Promise.all([run('id', ['-u', 'Debian-exim']), run('id', ['-g', 'Debian-exim'])])).map(
    Number,
  );
  for (const name of ['spool', 'log']) {
    mkdirSync(join(folder, name));
    chownSync(join(folder, name), uid!, gid!);
  }
  chownSync(join(folder, 'key.pem'), uid!, gid!);
  chownSync(mail, uid!, gid!); // With a configuration of our own it delivers as its own user.
  const config = join(folder, 'exim.conf');
  writeFileSync(config, EXIM_CONF({ ...made, program, port, nextPort }));
  const daemon = await RunningProgram.start(program, ['-C', config, '-bdf', '-q5m'], null);
  const log = (): string =>
    `${daemon.said}${readLog(join(folder, 'log', 'main'))}${readLog(join(folder, 'log', 'panic'))}`;
  await accepting(`Exim (${log()})`, port);
  return {
    folder,
    mail,
    port,
    log,
    async sendmail(letter, ...words) {
      await run(program, ['-C', config, '-bm', '-i', ...words], { input: withLf(letter) });
    },
    async stop() {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Dovecot extends ServerFolder {
  readonly lmtpPort: number;
  /** Its authentication service, for Postfix. */
  readonly authPort: number;
  log(): string;
  stop(): Promise<void>;
}

const DOVECOT_CONF = (folder: string, mail: string, ports: { lmtp: number; auth: number }): string => `
protocols = lmtp
listen = 127.0.0.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
ssl = yes
ssl_cert = <${folder}/certificate.pem
ssl_key = <${folder}/key.pem
default_internal_user = dovecot
first_valid_uid = ${NOBODY}
last_valid_uid = ${NOBODY}
mail_location = maildir:${mail}/%n
lmtp_user_concurrency_limit = 10
auth_username_format = %Lu
auth_mechanisms = plain login scram-sha-256
userdb {
  driver = passwd-file
  args = ${folder}/users
}
passdb {
  driver = passwd-file
  args = ${folder}/users
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${ports.lmtp}
  }
}
service auth {
  inet_listener auth {
    address = 127.0.0.1
    port = ${ports.auth}
  }
}
`;

/** Dovecot with LMTP and passwords for ben@ and carl@six.test. */
export async function startDovecot(): Promise<Dovecot> {
  const { folder, mail } = makeFolder('dovecot');
  const ports = { lmtp: await freePort(), auth: await freePort() };
  const users = ['ben', 'carl'].map(
    (name) => `${name}@six.test:{PLAIN}${PASSWORD}:${NOBODY}:${NOBODY}::${mail}/${name}\n`,
  );
  writeFileSync(join(folder, 'users'), users.join(''));
  writeFileSync(join(folder, 'dovecot.conf'), DOVECOT_CONF(folder, mail, ports));
  const daemon = await RunningProgram.start('dovecot', ['-F', '-c', join(folder, 'dovecot.conf')], null);
  const log = (): string => `${daemon.said}${readLog(join(folder, 'dovecot.log'))}`;
  await accepting(`Dovecot (${log()})`, ports.lmtp);
  return {
    folder,
    mail,
    lmtpPort: ports.lmtp,
    authPort: ports.auth,
    log,
    async stop() {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
