// What this machine gives the server: a data folder with room on its disk, and ports.
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { probeConnect, probeListen } from '../../base/net/probe-port.ts';
import { aboutSize } from '../cli/table.ts';
import type { Config, Listener } from '../config/config.ts';
import { LISTENER_PROTOCOLS } from '../config/listener-protocols.ts';
import { findingsOf, type Finding } from './finding.ts';

/** Below these the doctor warns, and calls it broken. */
export const ROOM_LOW_BYTES = 2e9;
export const ROOM_GONE_BYTES = 2e8;
const CONNECT_TIMEOUT_MS = 3000;

const data = findingsOf('data');
const ports = findingsOf('ports');

/** The folder: may we write, is there room? */
export async function checkDataFolder(folder: string): Promise<Finding[]> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) return [data.note(`there is no data folder ${folder} yet; the first start makes it`)];
  try {
    await access(folder, constants.W_OK | constants.R_OK | constants.X_OK);
  } catch {
    return [
      data.broken(`this user may not use ${folder}`, "run the command as the server's user, or give it the folder"),
    ];
  }
  const { bavail, bsize } = await statfs(folder);
  return [judgeRoom(folder, bavail * bsize)];
}

/** Whether so many octets are enough. */
export function judgeRoom(folder: string, room: number): Finding {
  const text = `${aboutSize(room)} are free for ${folder}`;
  if (room < ROOM_GONE_BYTES) return data.broken(text, 'make room: soon no mail is taken');
  return room < ROOM_LOW_BYTES ? data.note(text, 'make room') : data.good(text);
}

/** Every listener: does the running server answer there, or could a server listen there? */
export async function checkPorts(config: Config, isRunning: boolean, clock: Clock): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const listener of config.listeners) {
    // Whatever the system picks is free.
    if (listener.port === 0) continue;
    findings.push(isRunning ? await checkAnswering(listener, clock) : await checkFree(listener));
  }
  return findings;
}

async function checkAnswering(listener: Listener, clock: Clock): Promise<Finding> {
  const { protocol, port, portWritten } = listener;
  const address = listener.address === '*' ? '127.0.0.1' : listener.address;
  const within = { clock, timeoutMs: CONNECT_TIMEOUT_MS };
  if ((await probeConnect(address, port, within)) === 'accepts')
    return ports.good(`${protocol} answers on ${address}:${port}`);
  const { highPort } = LISTENER_PROTOCOLS[protocol];
  if (!portWritten && highPort !== port && (await probeConnect(address, highPort, within)) === 'accepts') {
    return ports.note(
      `${protocol} answers on ${address}:${highPort} instead of ${port}: others do not look there`,
      `let the server have port ${port} (CAP_NET_BIND_SERVICE, or start it as root)`,
    );
  }
  return ports.broken(
    `${protocol} does not answer on ${address}:${port}, though the server runs`,
    "look into the server's log; restart it after changes of listeners",
  );
}

async function checkFree({ protocol, address, port }: Listener): Promise<Finding> {
  const place = `${address}:${port} for ${protocol}`;
  switch (await probeListen(address, port)) {
    case 'free':
      return ports.good(`${place} is free`);
    case 'taken':
      return ports.broken(`${place} is taken by another program`, 'stop that program, or name another port');
    case 'forbidden':
      return ports.note(`${place} is not for this user`, 'start the server as root or grant CAP_NET_BIND_SERVICE');
    case 'no-such-address':
      return ports.broken(`${place}: this machine has no such address`, 'name one of its addresses, or *');
    default:
      throw new Error('unreachable');
  }
}
