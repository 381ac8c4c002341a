// What a client that did not say UTF8 gets, RFC 6856 §2: the header in ASCII. A refusal would leave the message in the
// mailbox for ever, raw octets are forbidden; so it is downgraded on its way out, and what is stored stays as it is.
import { isAscii } from 'node:buffer';
import { findHeaderEnd } from '../../../formats/header/scan.ts';
import { downgradeHeader } from '../../../formats/message/header-downgrade.ts';
import type { MessageOctets } from './session.ts';

export interface AsciiView {
  readonly octets: MessageOctets;
  /** Octets more (or less) than are stored. */
  readonly growth: number;
}

/** The same octets when the header is ASCII already; of a large message only the first piece is looked at. */
export function viewAsAscii(octets: MessageOctets): AsciiView | Promise<AsciiView> {
  const { prefix, body } = octets;
  if (!Buffer.isBuffer(body)) return viewPieces(prefix, body);
  if (isAscii(body) && isAscii(prefix)) return { octets, growth: 0 };
  const view = viewStart(prefix, body);
  return view === null
    ? { octets, growth: 0 }
    : { octets: { prefix: view.header, body: view.rest }, growth: view.growth };
}

async function viewPieces(prefix: Buffer, pieces: AsyncIterable<Buffer>): Promise<AsciiView> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const piece = first.done === true ? Buffer.alloc(0) : first.value;
  const view = viewStart(prefix, piece);
  return {
    octets: { prefix: view?.header ?? prefix, body: continuePieces(view?.rest ?? piece, iterator) },
    growth: view?.growth ?? 0,
  };
}

/** The downgraded header and what follows it; null when nothing changes. */
function viewStart(prefix: Buffer, start: Buffer): { header: Buffer; rest: Buffer; growth: number } | null {
  const { bodyStart } = findHeaderEnd(start);
  const ownHeader = start.subarray(0, bodyStart);
  if (isAscii(ownHeader) && isAscii(prefix)) return null;
  const stored = Buffer.concat([prefix, ownHeader]);
  const header = downgradeHeader(stored);
  return { header, rest: start.subarray(bodyStart), growth: header.length - stored.length };
}

async function* continuePieces(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}
