// Plays test/wire/pop3/*.pop3 against the library over in-memory mailboxes.
import { startPop3Loopback } from '../../../../test/support/pop3-loopback.ts';
import { testWireScripts } from '../../../../test/support/wire-script.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { MemoryHouse, type MemoryMessage } from '../testing/memory-session.ts';

const PREFIX = Buffer.from('Return-Path: <b@two.test>\r\n');

const EAI = Buffer.from('Subject: Grüße\r\n\r\nHi ü\r\n');

const MESSAGES: MemoryMessage[] = [
  { uidl: 'first', body: Buffer.from('Subject: one\r\n\r\nHello\r\n.\r\n..two dots\r\nlast line\r\n') },
  { uidl: 'second', prefix: PREFIX, body: Buffer.from('Subject: two\r\n\r\nno line end') },
  {
    uidl: 'third',
    prefix: PREFIX,
    body: [Buffer.from('Subject: thr'), Buffer.from('ee\r'), Buffer.from('\n\r\nbody\r\n'), Buffer.from('.dot\r\n')],
  },
];

testWireScripts(new URL('../../../../test/wire/pop3/', import.meta.url), '.pop3', async (options) => {
  const failing = options['fail'];
  const house = new MemoryHouse(
    [
      { id: 1, name: 'alice@one.test', password: 'secret word', messages: [...MESSAGES] },
      { id: 2, name: 'jörg@one.test', password: 'straße', messages: [] },
      { id: 4, name: 'eai@one.test', password: 'e', messages: [{ uidl: 'e', body: EAI }] },
      { id: 3, name: 'busy@one.test', password: 'b', messages: [] },
    ],
    {
      allowPlaintext: options['plaintext'] !== 'no',
      slow: options['slow'] === 'yes',
      ...(options['refuse'] === undefined ? {} : { refuse: options['refuse'] }),
      failWith: (where) =>
        where === failing
          ? new MailError('storage-failed', 'The mailbox cannot be read now', { temporary: true })
          : null,
    },
  );
  house.locked.add(3);
  return startPop3Loopback({
    openSession: () => house.openSession(),
    tls: options['tls'] !== 'no',
    limits: { authFailureDelayMs: 1 },
  });
});
