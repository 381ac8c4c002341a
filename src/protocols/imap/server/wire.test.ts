// Plays test/wire/imap/*.imap against the library over in-memory mailboxes.
import { startImapLoopback } from '../../../../test/support/imap-loopback.ts';
import { testWireScripts } from '../../../../test/support/wire-script.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { MemoryHouse } from '../testing/memory-session.ts';
import { fillMailboxes } from '../testing/sample-mailboxes.ts';

testWireScripts(new URL('../../../../test/wire/imap/', import.meta.url), '.imap', async (options) => {
  const house = new MemoryHouse({
    allowPlaintext: options['plaintext'] !== 'no',
    slow: options['slow'] === 'yes',
    appendMaxOctets: Number(options['append-max'] ?? 1_000_000),
    ...(options['refuse'] === undefined ? {} : { refuse: options['refuse'] }),
    ...(options['limit'] === undefined
      ? {}
      : { failSignIn: new MailError('too-many-connections', 'Too many connections', { temporary: true }) }),
  });
  fillMailboxes(house.store);
  return startImapLoopback({
    openSession: () => house.openSession(),
    tls: options['tls'] !== 'no',
    limits: {
      authFailureDelayMs: 1,
      ...(options['command-max'] === undefined ? {} : { commandMaxOctets: Number(options['command-max']) }),
    },
  });
});
