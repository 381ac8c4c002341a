// One question to one server: by UDP from a socket (and so a port) of its own, or by TCP. RFC 1035 §4.2, RFC 7766.
// A packet that does not answer our question is ignored, a flood of them is taken for an attack and answered with TCP.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Clock } from '../clock.ts';
import { TCP_MESSAGE_MAX_OCTETS, UDP_STRANGERS_MAX } from './limits.ts';
import type { DnsServer } from './servers.ts';
import { type DnsResponse, decodeResponse, isReplyTo } from './wire.ts';

export type Exchange =
  | { readonly kind: 'response'; readonly response: DnsResponse; readonly octets: number }
  /** The answer is to be asked for by TCP. */
  | { readonly kind: 'use-tcp' }
  | { readonly kind: 'timeout' | 'unreachable' | 'malformed' | 'closed' };

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends the exchange as `closed`. */
  readonly signal: AbortSignal;
}

/** Runs `start`, which gives its disposal, until it settles, the time is over or the signal comes. */
function bounded(
  options: ExchangeOptions,
  start: (settle: (exchange: Exchange) => void) => () => void,
): Promise<Exchange> {
  return new Promise((resolve) => {
    let dispose: (() => void) | null = null;
    let settled = false;
    const settle = (exchange: Exchange): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      options.signal.removeEventListener('abort', onAbort);
      dispose?.();
      resolve(exchange);
    };
    const onAbort = (): void => settle({ kind: 'closed' });
    const timer = options.clock.after(options.timeoutMs, () => settle({ kind: 'timeout' }));
    options.signal.addEventListener('abort', onAbort);
    if (options.signal.aborted) return onAbort();
    try {
      dispose = start(settle);
    } catch {
      // No socket to be had: the same as a server that cannot be reached.
      settle({ kind: 'unreachable' });
    }
  });
}

function readMessage(message: Buffer): Exchange {
  const response = decodeResponse(message);
  if (response === null) return { kind: 'malformed' };
  return { kind: 'response', response, octets: message.length };
}

/** Asks by UDP; a truncated answer comes back as `use-tcp`. */
export function exchangeUdp(server: DnsServer, query: Buffer, options: ExchangeOptions): Promise<Exchange> {
  return bounded(options, (settle) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    let strangers = 0;
    socket.on('error', () => settle({ kind: 'unreachable' }));
    socket.on('message', (message) => {
      if (!isReplyTo(query, message)) {
        if (++strangers >= UDP_STRANGERS_MAX) settle({ kind: 'use-tcp' });
        return;
      }
      const exchange = readMessage(message);
      settle(exchange.kind === 'response' && exchange.response.truncated ? { kind: 'use-tcp' } : exchange);
    });
    socket.on('connect', () => socket.send(query));
    // Connected, so that the kernel drops what comes from anybody else and tells us of a closed port.
    socket.connect(server.port, server.address);
    return () => socket.close();
  });
}

/** Asks by TCP, on a connection of its own. */
export function exchangeTcp(server: DnsServer, query: Buffer, options: ExchangeOptions): Promise<Exchange> {
  return bounded(options, (settle) => {
    const socket = connect({ host: server.address, port: server.port });
    let received = Buffer.alloc(0);
    socket.on('error', () => settle({ kind: 'unreachable' }));
    socket.on('close', () => settle({ kind: 'unreachable' }));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < length + 2) return;
      const message = received.subarray(2, length + 2);
      const exchange: Exchange = isReplyTo(query, message) ? readMessage(message) : { kind: 'malformed' };
      settle(exchange.kind === 'response' && exchange.response.truncated ? { kind: 'malformed' } : exchange);
    });
    const frame = Buffer.alloc(query.length + 2);
    frame.writeUInt16BE(Math.min(query.length, TCP_MESSAGE_MAX_OCTETS), 0);
    query.copy(frame, 2);
    socket.write(frame);
    return () => socket.destroy();
  });
}
