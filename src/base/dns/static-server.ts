// A small DNS server for zones given as data: UDP and TCP on one port. For the demonstration and for tests, on loopback;
// not a name server for the world.
import { type Socket as UdpSocket, createSocket } from 'node:dgram';
import { type Socket, createServer } from 'node:net';
import type { Clock } from '../clock.ts';
import { STATIC_SERVER_CONNECTIONS_MAX, TCP_MESSAGE_MAX_OCTETS } from './limits.ts';
import type { DnsQuestion } from './records.ts';
import { type Zone, answerFromZones } from './zone.ts';
import { RCODE, decodeQuery, encodeResponse } from './wire.ts';

const BIND_ATTEMPTS_MAX = 10;

/** What goes wrong with an answer. */
export type DnsFault =
  | { readonly kind: 'rcode'; readonly rcode: number }
  /** No answer. */
  | { readonly kind: 'drop' }
  /** TC by UDP; by TCP the answer. */
  | { readonly kind: 'truncate' }
  /** The answer comes so much later, by the server's clock. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** These octets instead of an answer, `times` times, with the id of the query when `keepId`. */
  | { readonly kind: 'octets'; readonly octets: Uint8Array; readonly keepId: boolean; readonly times: number };

export interface StaticDnsQuery extends DnsQuestion {
  readonly transport: 'udp' | 'tcp';
  readonly edns: boolean;
}

export interface StaticDnsOptions {
  readonly zones: readonly Zone[];
  readonly clock: Clock;
  /** Default 127.0.0.1 and a free port. */
  readonly address?: string;
  readonly port?: number;
  /** Asked at every query. */
  readonly fault?: (query: StaticDnsQuery) => DnsFault | null;
}

export interface StaticDnsServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

type Send = (message: Buffer) => void;

function answer(options: StaticDnsOptions, message: Buffer, transport: 'udp' | 'tcp', send: Send): void {
  const query = decodeQuery(message);
  if (query === null || 'unknownType' in query) return;
  const { id, ...question } = query;
  const fault = options.fault?.({ ...question, transport }) ?? null;
  if (fault?.kind === 'drop') return;
  if (fault?.kind === 'octets') {
    const octets = Buffer.from(fault.octets);
    if (fault.keepId) octets.writeUInt16BE(id, 0);
    for (let i = 0; i < fault.times; i++) send(octets);
    return;
  }
  const response =
    fault?.kind === 'rcode'
      ? { rcode: fault.rcode, authenticated: false, answers: [], authorities: [] }
      : answerFromZones(options.zones, question);
  const truncated = fault?.kind === 'truncate' && transport === 'udp';
  const octets = encodeResponse(query, { ...response, transport, truncated });
  if (fault?.kind === 'delay') options.clock.after(fault.delayMs, () => send(octets));
  else send(octets);
}

function serveTcp(options: StaticDnsOptions, socket: Socket): void {
  let received = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
      const end = received.readUInt16BE(0) + 2;
      answer(options, received.subarray(2, end), 'tcp', (message) => sendFramed(socket, message));
      received = received.subarray(end);
    }
  });
}

function sendFramed(socket: Socket, message: Buffer): void {
  if (message.length > TCP_MESSAGE_MAX_OCTETS || socket.destroyed) return;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
}

function bindUdp(address: string, port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Starts the server; rejects when the address cannot be bound. */
export async function startStaticDnsServer(options: StaticDnsOptions): Promise<StaticDnsServer> {
  const address = options.address ?? '127.0.0.1';
  const port = options.port ?? 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options, address, port);
    } catch (error) {
      // The port that was free for UDP may be taken for TCP.
      if (port !== 0 || attempt === BIND_ATTEMPTS_MAX) throw error;
    }
  }
}

async function startOnce(options: StaticDnsOptions, address: string, wishedPort: number): Promise<StaticDnsServer> {
  const udp = await bindUdp(address, wishedPort);
  const { port } = udp.address();
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveTcp(options, socket);
  });
  tcp.maxConnections = STATIC_SERVER_CONNECTIONS_MAX;
  try {
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(port, address, resolve);
    });
  } catch (error) {
    udp.close();
    throw error;
  }
  let closed = false;
  udp.on('error', () => {});
  udp.on('message', (message, peer) =>
    answer(options, message, 'udp', (octets) => closed || udp.send(octets, peer.port, peer.address)),
  );
  return {
    address,
    port,
    async close() {
      closed = true;
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => void tcp.close(() => resolve())),
      ]);
    },
  };
}

/** The answer of a server that is out of order. */
export const SERVFAIL: DnsFault = { kind: 'rcode', rcode: RCODE.servFail };
