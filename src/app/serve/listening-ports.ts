// Takes the ports of all listeners, before privileges are dropped.
import { BindError, bindListener, type BoundListener } from '../../base/net/bind-listener.ts';
import type { Config, Listener } from '../config/config.ts';
import { LISTENER_PROTOCOLS } from '../config/listener-protocols.ts';
import type { BoundAddress, ThreadListener } from '../threads/thread-data.ts';

const ANY = '*';

export interface BoundPort extends BoundAddress {
  readonly index: number;
  readonly sockets: BoundListener;
}

/** What `start` said about a port that it could not have. */
export interface PortChange {
  readonly protocol: string;
  readonly wanted: number;
  readonly taken: number;
  readonly reason: string;
}

export interface BindOptions {
  /** Sockets for so many threads. */
  readonly threads: number;
  /** A standard port that may not be had is replaced by the protocol's high one, or any. */
  readonly mayMove: boolean;
}

/** Binds everything but metrics. Throws BindError; `moved` says which listeners are not on their own port. */
export function bindAll(config: Config, options: BindOptions): { bound: BoundPort[]; moved: PortChange[] } {
  const bound: BoundPort[] = [];
  const moved: PortChange[] = [];
  for (const [index, listener] of config.listeners.entries()) {
    if (listener.protocol === 'metrics') continue;
    const sockets = bindOne(listener, options, moved);
    bound.push({ protocol: listener.protocol, address: listener.address, port: sockets.port, index, sockets });
  }
  return { bound, moved };
}

function bindOne(listener: Listener, { threads, mayMove }: BindOptions, moved: PortChange[]): BoundListener {
  try {
    return bindAt(listener.address, listener.port, threads);
  } catch (error) {
    if (!(error instanceof BindError) || !mayMove || listener.portWritten) throw error;
    const { protocol, port: wanted } = listener;
    const sockets = bindHigh(listener.address, LISTENER_PROTOCOLS[protocol].highPort, threads);
    moved.push({ protocol, wanted, taken: sockets.port, reason: error.code });
    return sockets;
  }
}

function bindHigh(address: string, port: number, threads: number): BoundListener {
  try {
    return bindAt(address, port, threads);
  } catch (error) {
    if (!(error instanceof BindError)) throw error;
    return bindAt(address, 0, threads);
  }
}

/** `*` is both families where the machine has IPv6. */
function bindAt(address: string, port: number, threads: number): BoundListener {
  if (address !== ANY) return bindListener(address, port, threads);
  try {
    return bindListener('::', port, threads);
  } catch (error) {
    if (!(error instanceof BindError) || (error.code !== 'EAFNOSUPPORT' && error.code !== 'EADDRNOTAVAIL')) throw error;
    return bindListener('0.0.0.0', port, threads);
  }
}

/** One thread's sockets; null when the spares of some listener are used up. */
export function takeThreadSockets(bound: readonly BoundPort[]): ThreadListener[] | null {
  const listeners: ThreadListener[] = [];
  for (const { protocol, address, port, index, sockets } of bound) {
    const fd = sockets.takeFd();
    if (fd === null) return null;
    listeners.push({ protocol, address, port, index, fd });
  }
  return listeners;
}
