// A IMAP server over in-memory mailboxes on a loopback port, for tests of the library from outside.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { IdleWheel } from '../../src/base/idle-wheel.ts';
import { silentLog } from '../../src/base/log.ts';
import {
  ImapServer,
  type ImapLimits,
  type ImapServerSession,
  type ImapService,
} from '../../src/protocols/imap/index.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

export interface LoopbackOptions {
  readonly openSession: () => ImapServerSession;
  readonly service?: ImapService;
  readonly limits?: Partial<ImapLimits>;
  readonly clock?: Clock;
  readonly tls?: boolean;
}

export interface ImapLoopback {
  readonly server: ImapServer;
  readonly port: number;
  connect(): Promise<Socket>;
  close(): Promise<void>;
}

/** Listens until closed; closing ends every connection. */
export async function startImapLoopback(options: LoopbackOptions): Promise<ImapLoopback> {
  const { clock = systemClock, limits = {}, service = 'imap' } = options;
  const server = new ImapServer({
    hostname: 'mx.one.test',
    clock,
    idleWheel: new IdleWheel(clock),
    log: silentLog,
    secureContext: options.tls === false ? null : () => createSecureContext({ cert: TEST_CERTIFICATE, key: TEST_KEY }),
    openSession: options.openSession,
    limits,
  });
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    server.accept(socket, service);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    server,
    port,
    connect: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
