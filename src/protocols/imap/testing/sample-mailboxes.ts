// The mailboxes that the wire scripts are played against.
import type { MemoryStore } from './memory-store.ts';

const PLAIN = `From: Bob <bob@two.test>\r
To: alice@one.test\r
Subject: Lunch\r
Date: Fri, 2 Jan 2026 03:04:05 +0100\r
Message-ID: <1@two.test>\r
\r
Soup today?\r
`;

const MULTIPART = `From: carol@two.test\r
To: alice@one.test\r
Subject: Report\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
preamble\r
--b\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: base64\r
\r
SGVsbG8=\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: Inside\r
From: dave@two.test\r
\r
inner text\r
--b--\r
`;

const BINARY = 'Subject: NUL\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n';

/** INBOX with three messages, Archive and Archive/2025, both subscribed, Sent with its use. */
export function fillMailboxes(store: MemoryStore): void {
  const inbox = store.find('INBOX');
  store.add(inbox, Buffer.from(PLAIN));
  store.add(inbox, Buffer.from(MULTIPART), { flags: 1, keywords: '$Forwarded' });
  store.add(inbox, Buffer.from(BINARY));
  store.create('Archive');
  store.create('Archive/2025');
  store.create('Sent').role = 'sent';
  store.create('Entwürfe');
  store.subscriptions.add('Archive').add('Archive/2025').add('INBOX').add('Gone/Away');
}
