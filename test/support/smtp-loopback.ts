// An SMTP server over messages in memory on a loopback port, for tests of the library from outside.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { createSmtpServer, type SmtpServer, type SmtpServerOptions } from '../../src/protocols/smtp/index.ts';
import { MemoryMail, type MemoryMailOptions } from '../../src/protocols/smtp/testing/memory-session.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

export interface SmtpLoopback {
  readonly server: SmtpServer;
  readonly mail: MemoryMail;
  readonly port: number;
  readonly connect: () => Promise<Socket>;
  readonly close: () => Promise<void>;
}

/** Listens until closed; closing ends every connection. */
export async function startSmtpLoopback(
  options: Partial<SmtpServerOptions> = {},
  mailOptions: MemoryMailOptions = {},
): Promise<SmtpLoopback> {
  const mail = new MemoryMail(mailOptions);
  const context = createSecureContext({ cert: TEST_CERTIFICATE, key: TEST_KEY });
  const server = createSmtpServer({
    service: 'smtp',
    hostname: 'mx.one.test',
    tls: { secureContextFor: () => context },
    log: silentLog,
    clock: systemClock,
    createSession: () => mail.createSession(),
    ...options,
  });
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    server.accept(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    server,
    mail,
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
