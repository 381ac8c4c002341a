// The server sends itself a letter, by SMTP as any other server would, and reads it back over POP3 under TLS, as its reader
// would. The account for it lives only as long as the test.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { formatDate } from '../../formats/date.ts';
import { Pop3Client } from '../../protocols/pop3/client/client.ts';
import { bodyOf, openConnection } from '../../protocols/smtp/index.ts';
import { findFirstDomain } from '../../storage/records/domains.ts';
import type { AdminContext } from '../admin/admin-context.ts';
import { runOperation } from '../admin/operations.ts';
import type { BoundAddress } from '../threads/thread-data.ts';
import { randomPassword } from './first-run.ts';

export interface SelfTest {
  /** From connecting to `250`, from connecting to the letter read. */
  readonly sentMs: number;
  readonly readMs: number;
  /** The reply to the letter. */
  readonly reply: string;
}

/** Rejects with the reason in plain words when the letter does not come back; null when there is no way to test. */
export async function testYourself(
  context: AdminContext,
  listeners: readonly BoundAddress[],
): Promise<SelfTest | null> {
  const smtp = listeners.find(({ protocol }) => protocol === 'smtp');
  const pop3 = listeners.find(({ protocol }) => protocol === 'pop3');
  const domain = await findFirstDomain(context.store.read);
  if (smtp === undefined || pop3 === undefined || domain === null) return null;
  const token = randomBytes(8).toString('hex');
  const account = { address: `postroad-self-test-${token}@${domain.name}`, password: randomPassword() };
  await runOperation(context, { operation: 'account.add', arguments: account }, () => {});
  try {
    const started = performance.now();
    const reply = await send(smtp, account.address, { token, hostname: context.config.hostname });
    const sent = performance.now();
    await readBack(pop3, account, token);
    return { sentMs: sent - started, readMs: performance.now() - sent, reply };
  } finally {
    await runOperation(context, { operation: 'account.remove', arguments: { address: account.address } }, () => {});
  }
}

interface Letter {
  readonly token: string;
  readonly hostname: string;
}

async function send(smtp: BoundAddress, to: string, { token, hostname }: Letter): Promise<string> {
  const address = reachable(smtp.address);
  const parts = {
    host: hostname,
    address,
    port: smtp.port,
    protocol: 'smtp',
    localAddress: null,
    heloName: hostname,
  } as const;
  const opened = await openConnection(
    { ...parts, implicitTls: false, tls: 'opportunistic', login: null },
    { clock: systemClock },
  );
  if (opened.kind !== 'open') throw new Error(`no connection to our own port ${smtp.port}: ${opened.text}`);
  const text = [
    `From: Postroad <${to}>`,
    `To: <${to}>`,
    'Subject: A letter to myself',
    `Date: ${formatDate(systemClock.now())}`,
    `Message-ID: <${token}@${hostname}>`,
    '',
    `This letter travelled through the server that wrote it. ${token}`,
    '',
  ];
  const { outcomes } = await opened.send({
    reversePath: to,
    recipients: [{ forwardPath: to, notify: [], orcpt: null }],
    body: bodyOf(Buffer.from(text.join('\r\n'))),
    bodyType: '7BIT',
    smtputf8: false,
    requiretls: false,
    ret: null,
    envid: null,
    priority: 0,
    deliverBy: null,
  });
  opened.quit();
  const [outcome] = outcomes;
  if (outcome?.kind !== 'relayed') throw new Error(`our own SMTP port did not take the letter: ${outcome?.text}`);
  return outcome.text;
}

async function readBack(
  pop3: BoundAddress,
  account: { readonly address: string; readonly password: string },
  token: string,
): Promise<void> {
  // The certificate is our own, and the other end is this process.
  const options = { host: reachable(pop3.address), port: pop3.port, tls: { rejectUnauthorized: false } };
  const client = await Pop3Client.connect(options);
  try {
    await client.startTls();
    await client.signIn(account.address, account.password);
    const letter = await client.retrieve(1);
    if (!letter.includes(token)) throw new Error('the letter that came back is another one');
    await client.delete(1);
    await client.quit();
  } catch (error) {
    client.abort();
    throw error;
  }
}

/** Where a listener on every address is reached from here. */
function reachable(address: string): string {
  if (address === '::') return '::1';
  return address === '0.0.0.0' ? '127.0.0.1' : address;
}
