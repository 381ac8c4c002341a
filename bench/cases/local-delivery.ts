// Mail into local mailboxes: 4 kB messages, 20 sessions, 20 mailboxes, until the last message can be read.
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { meter } from '../measure/work-meter.ts';
import { countByPop3 } from '../load/pop3-load.ts';
import { runSmtpSource } from '../load/smtp-source.ts';
import { until } from '../servers/programs.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { type Postfix, startPostfix } from '../servers/postfix.ts';
import { POSTROAD_PASSWORD, startPostroad } from '../servers/postroad.ts';
import type { Endpoint, RunningServer } from '../servers/server.ts';
import { type BenchCase, type Contestant, type ContestantPlan, Pace, figuresOf } from './bench-case.ts';

const DOMAIN = 'local.test';
const MAILBOXES = 20;
const OCTETS = 4000;
const ACCOUNTS = Array.from({ length: MAILBOXES }, (_, i) => `user${i}@${DOMAIN}`);
const MESSAGES_MAX = 100_000;
const PATIENCE_MS = 300_000;

interface DeliverySide {
  readonly servers: readonly RunningServer[];
  readonly smtp: Endpoint;
  readonly guessPerSecond: number;
  /** Resolves when all accepted mail is in the mailboxes. */
  settled(): Promise<void>;
  count(): Promise<number>;
}

/** One session for each mailbox, each its own smtp-source. */
async function sendToAll(to: Endpoint, messages: number, reuse: boolean): Promise<void> {
  const each = messages / MAILBOXES;
  await Promise.all(
    ACCOUNTS.map((recipient) => runSmtpSource({ to, recipient, messages: each, octets: OCTETS, sessions: 1, reuse })),
  );
}

function deliveryContestant(side: DeliverySide, reuse: boolean): Contestant {
  const pace = new Pace(side.guessPerSecond, MESSAGES_MAX);
  let expected = 0;
  return {
    measure: async (seconds) => {
      const messages = pace.unitsFor(seconds, MAILBOXES);
      const work = await meter(side.servers, messages, async () => {
        await sendToAll(side.smtp, messages, reuse);
        await side.settled();
        return undefined;
      });
      expected += messages;
      const found = await side.count();
      if (found !== expected) throw new Error(`${found} messages are in the mailboxes, not ${expected}`);
      return figuresOf(pace.learn(work), 'message');
    },
    stop: async () => {
      for (const server of side.servers) await server.stop();
    },
  };
}

function queueEmpty(postfix: Postfix): Promise<void> {
  return until(() => postfix.isQueueEmpty(), 'Postfix delivers everything', PATIENCE_MS, 5);
}

async function postroadSide(folder: string): Promise<DeliverySide> {
  const postroad = await startPostroad({ folder, protocols: ['smtp', 'pop3'] }, ACCOUNTS);
  return {
    servers: [postroad],
    smtp: postroad.endpoint('smtp'),
    guessPerSecond: 2000,
    // 250 says that it is in the mailbox; the count right after proves it.
    settled: () => Promise.resolve(),
    count: () => countByPop3(postroad.endpoint('pop3'), ACCOUNTS, POSTROAD_PASSWORD),
  };
}

async function dovecotSide(folder: string): Promise<DeliverySide> {
  const lmtpSocket = join(folder, 'lmtp', 'socket');
  const dovecot = await startDovecot({ folder: join(folder, 'dovecot'), format: 'mdbox', lmtpSocket });
  const postfix = await startPostfix({
    folder: join(folder, 'postfix'),
    settings: {
      virtual_mailbox_domains: DOMAIN,
      virtual_mailbox_maps: 'static:all',
      virtual_transport: `lmtp:unix:${lmtpSocket}`,
    },
  });
  return {
    servers: [postfix, dovecot],
    smtp: postfix.smtp,
    guessPerSecond: 250,
    settled: () => queueEmpty(postfix),
    count: () => dovecot.countMessages(ACCOUNTS),
  };
}

async function virtualSide(folder: string): Promise<DeliverySide> {
  const mail = join(folder, 'mail');
  mkdirSync(mail, { recursive: true });
  chmodSync(mail, 0o777);
  mkdirSync(join(folder, 'postfix'), { recursive: true });
  const map = join(folder, 'postfix', 'mailboxes');
  writeFileSync(map, ACCOUNTS.map((account) => `${account} ${account}/\n`).join(''));
  const postfix = await startPostfix({
    folder: join(folder, 'postfix'),
    settings: {
      virtual_mailbox_domains: DOMAIN,
      virtual_mailbox_base: mail,
      virtual_mailbox_maps: `texthash:${map}`,
      virtual_minimum_uid: '8',
      virtual_uid_maps: 'static:8',
      virtual_gid_maps: 'static:8',
    },
  });
  const inMaildir = (account: string): number => readdirSync(join(mail, account, 'new')).length;
  return {
    servers: [postfix],
    smtp: postfix.smtp,
    guessPerSecond: 500,
    settled: () => queueEmpty(postfix),
    count: () => Promise.resolve(ACCOUNTS.reduce((sum, account) => sum + inMaildir(account), 0)),
  };
}

function plan(name: string, start: (folder: string) => Promise<DeliverySide>, reuse: boolean): ContestantPlan {
  return { name, start: async (folder) => deliveryContestant(await start(folder), reuse) };
}

function localDelivery(reuse: boolean): BenchCase {
  return {
    name: reuse ? 'local' : 'local-newconn',
    title: `Into 20 local mailboxes, 4 kB, 20 sessions, ${reuse ? 'reused connections' : 'a connection per message'}`,
    goal: '≥ 10× Postfix → Dovecot, ≥ 5× Postfix virtual(8); CPU ≤ 0.4 ms a message',
    contestants: [
      plan('Postroad', postroadSide, reuse),
      plan('Postfix → Dovecot mdbox', dovecotSide, reuse),
      plan('Postfix virtual(8) maildir', virtualSide, reuse),
    ],
  };
}

export const LOCAL_CASES: readonly BenchCase[] = [localDelivery(true), localDelivery(false)];
