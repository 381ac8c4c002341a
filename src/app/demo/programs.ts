// Ann's and Bob's mail programs: one signs in and submits, the other signs in and fetches.
import { systemClock } from '../../base/clock.ts';
import { bodyOf, openConnection } from '../../protocols/smtp/index.ts';
import { Pop3Client } from '../../protocols/pop3/index.ts';
import { CommandError } from '../cli/command.ts';
import { ADDRESS, RECIPIENT, SENDER, hostnameOf } from './hosts.ts';
import type { Letter } from './letter.ts';
import { ROAD_TIMEOUT_MS } from './limits.ts';

export interface Submitted {
  /** How the connection was encrypted. */
  readonly tls: string | null;
  /** What the server said after the last octet. */
  readonly reply: string;
}

/** Submits the letter at Ann's server; throws CommandError when that refuses. */
export async function submit(letter: Letter, port: number, password: string): Promise<Submitted> {
  const connection = await openConnection(
    {
      host: hostnameOf('one'),
      address: ADDRESS,
      port,
      protocol: 'smtp',
      localAddress: null,
      heloName: 'ann.one.test',
      implicitTls: false,
      tls: 'opportunistic',
      login: { user: SENDER, password },
    },
    { clock: systemClock },
  );
  if (connection.kind === 'refused') throw new CommandError(`${hostnameOf('one')} let Ann not in: ${connection.text}`);
  const { outcomes } = await connection.send({
    reversePath: SENDER,
    recipients: [{ forwardPath: RECIPIENT, notify: null, orcpt: null }],
    body: bodyOf(letter.octets),
    bodyType: '7BIT',
    smtputf8: false,
    requiretls: false,
    ret: null,
    envid: null,
    priority: 0,
    deliverBy: null,
  });
  connection.quit();
  const [outcome] = outcomes;
  if (outcome?.kind !== 'relayed')
    throw new CommandError(`${hostnameOf('one')} did not take the letter: ${outcome?.text ?? 'no answer'}`);
  return { tls: connection.peer.tls, reply: outcome.text };
}

/** Fetches the only message of Bob's mailbox, over a connection whose certificate is checked. */
export async function fetchLetter(port: number, password: string, certificate: string): Promise<Buffer> {
  const client = await Pop3Client.connect({
    host: ADDRESS,
    port,
    timeoutMs: ROAD_TIMEOUT_MS,
    tls: { ca: certificate, servername: hostnameOf('three') },
  });
  try {
    await client.startTls();
    await client.authPlain(RECIPIENT, password);
    const octets = await client.retrieve(1);
    await client.quit();
    return octets;
  } catch (error) {
    client.abort();
    throw new CommandError(`Bob could not fetch the letter: ${error instanceof Error ? error.message : String(error)}`);
  }
}
