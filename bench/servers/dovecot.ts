// A Dovecot with its own configuration and folders: LMTP on a UNIX socket and on TCP, POP3, IMAP. mail_fsync stays at its
// default ("optimized"), which syncs every delivery.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from 'node:net';
import { type Endpoint, type RunningServer, freePort } from './server.ts';
import { findProgram, runProgram, startProgram, stopProcess, until } from './programs.ts';

export interface DovecotOptions {
  readonly folder: string;
  readonly format: 'mdbox' | 'maildir';
  /** Where the UNIX socket for LMTP goes; a folder that the next server before it can reach. */
  readonly lmtpSocket: string;
}

export interface Dovecot extends RunningServer {
  readonly lmtp: Endpoint;
  readonly pop3: Endpoint;
  readonly imap: Endpoint;
  /** Messages in the INBOX of each account, together. */
  countMessages(accounts: readonly string[]): Promise<number>;
}

export const DOVECOT_PASSWORD = 'bench-password';

interface Ports {
  readonly lmtp: number;
  readonly pop3: number;
  readonly imap: number;
}

function configuration(options: DovecotOptions, ports: Ports): string {
  const { folder } = options;
  return `
protocols = lmtp pop3 imap
listen = 127.0.0.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
info_log_path = /dev/null
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
first_valid_uid = 8
mail_uid = mail
mail_gid = mail
mail_location = ${options.format}:~/mail
default_client_limit = 20000
default_process_limit = 200
passdb {
  driver = static
  args = password=${DOVECOT_PASSWORD}
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/home/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
}
service lmtp {
  unix_listener ${options.lmtpSocket} {
    mode = 0666
  }
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${ports.lmtp}
  }
}
mail_max_userip_connections = 20000
service imap {
  process_limit = 2000
}
service imap-login {
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** Starts Dovecot; needs root, as Dovecot does. Every name is an account. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const ports = { lmtp: await freePort(), pop3: await freePort(), imap: await freePort() };
  mkdirSync(join(options.folder, 'home'), { recursive: true });
  chmodSync(join(options.folder, 'home'), 0o777);
  mkdirSync(dirname(options.lmtpSocket), { recursive: true });
  const file = join(options.folder, 'dovecot.conf');
  writeFileSync(file, configuration(options, ports));
  const child = startProgram(findProgram('dovecot', 'dovecot-core'), ['-F', '-c', file], {
    logFile: join(options.folder, 'dovecot.out'),
  });
  const pid = child.pid ?? 0;
  const all = async (): Promise<boolean> => (await accepts(ports.pop3)) && (await accepts(ports.imap));
  await until(all, `Dovecot starts (its log: ${options.folder}/dovecot.log)`, 10_000);
  const doveadm = findProgram('doveadm', 'dovecot-core');
  return {
    roots: [pid],
    lmtp: { host: '127.0.0.1', port: ports.lmtp },
    pop3: { host: '127.0.0.1', port: ports.pop3 },
    imap: { host: '127.0.0.1', port: ports.imap },
    countMessages: async (accounts) => {
      let sum = 0;
      for (const account of accounts) {
        const said = await runProgram(doveadm, ['-c', file, 'mailbox', 'status', '-u', account, 'messages', 'INBOX']);
        sum += Number(/messages=(\d+)/u.exec(said)?.[1] ?? 0);
      }
      return sum;
    },
    stop: () => stopProcess(pid),
  };
}
