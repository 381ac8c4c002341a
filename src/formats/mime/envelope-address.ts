// Addresses as ENVELOPE shows them, RFC 9051 §7.5.2: octets as they stand in the field, groups between marks, and
// whatever cannot be read shown in a fixed form, so that no address is dropped. `formats/address` reads them to use them.
import { FieldCursor, type Step } from './field-cursor.ts';
import { ENVELOPE_ADDRESSES_MAX } from './limits.ts';

/** A group begins with `mailbox` alone (its name) and ends with nothing at all. */
export interface EnvelopeAddress {
  readonly name: string | null;
  /** The obsolete source route, RFC 5322 §4.4. */
  readonly route: string | null;
  readonly mailbox: string | null;
  readonly domain: string | null;
}

const NO_MAILBOX = 'MISSING_MAILBOX';
const NO_DOMAIN = 'MISSING_DOMAIN';
const BAD_ADDRESS = 'SYNTAX_ERROR';
const BAD_ROUTE = 'INVALID_ROUTE';
const GROUP_END: EnvelopeAddress = { name: null, route: null, mailbox: null, domain: null };

/** Reads the value of From, To and the like, and stops when it has so many entries. Never throws. */
export function readEnvelopeAddresses(value: string, entriesMax = ENVELOPE_ADDRESSES_MAX): EnvelopeAddress[] {
  return new AddressReader(value, entriesMax).read();
}

class AddressReader {
  readonly #cursor: FieldCursor;
  readonly #entriesMax: number;
  readonly #found: EnvelopeAddress[] = [];
  #name: string | null = null;
  #route: string | null = null;
  #mailbox: string | null = null;
  #domain: string | null = null;

  constructor(text: string, entriesMax: number) {
    this.#entriesMax = entriesMax;
    this.#cursor = new FieldCursor(text);
  }

  read(): EnvelopeAddress[] {
    const cursor = this.#cursor;
    if (cursor.skip() !== 'more') return this.#found;
    while (this.#found.length < this.#entriesMax) {
      const step = this.#readGroup() ?? this.#readMailbox();
      if (step === 'end' || !cursor.at(',')) break;
      cursor.position++;
      const after = cursor.skip();
      // A comment without an end behind the comma: something was meant.
      if (after === 'broken') this.#addMailbox();
      if (after !== 'more') break;
    }
    return this.#found;
  }

  /** `name: mailboxes;`. null, with the cursor where it was, when there is none. */
  #readGroup(): Step | null {
    const cursor = this.#cursor;
    const start = cursor.position;
    const words: string[] = [];
    if (cursor.phrase(words) !== 'more' || !cursor.at(':')) {
      cursor.position = start;
      return null;
    }
    cursor.position++;
    this.#found.push({ name: null, route: null, mailbox: words.join(''), domain: null });
    let step = cursor.skip();
    while (step === 'more' && !cursor.at(';') && this.#found.length < this.#entriesMax) {
      this.#readMailbox();
      if (!cursor.at(',')) break;
      cursor.position++;
      step = cursor.skip();
      if (step !== 'more') step = 'broken';
    }
    if (step !== 'broken') {
      if (cursor.at(';')) {
        cursor.position++;
        step = cursor.skip();
      } else step = 'broken';
    }
    this.#found.push(GROUP_END);
    return step === 'end' ? 'end' : 'more';
  }

  #readMailbox(): Step {
    const cursor = this.#cursor;
    const start = cursor.position;
    let step = this.#readNameAddress();
    if (step === null) {
      cursor.position = start;
      step = this.#readBareAddress();
    }
    this.#addMailbox();
    return step;
  }

  #addMailbox(): void {
    this.#found.push({
      name: this.#name,
      route: this.#route,
      mailbox: this.#mailbox ?? NO_MAILBOX,
      domain: this.#domain || NO_DOMAIN,
    });
    this.#name = null;
    this.#route = null;
    this.#mailbox = null;
    this.#domain = null;
  }

  /** `Name <address>`. null when no `<` follows the words. */
  #readNameAddress(): Step | null {
    const cursor = this.#cursor;
    const words: string[] = [];
    if (cursor.phrase(words) !== 'more' || !cursor.at('<')) return null;
    this.#name = words.join('') || null;
    if (this.#readAngleAddress() === 'broken') this.#domain = BAD_ADDRESS;
    return cursor.atEnd ? 'end' : 'more';
  }

  #readAngleAddress(): Step {
    const cursor = this.#cursor;
    cursor.position++;
    if (cursor.skip() !== 'more') return 'broken';
    if (cursor.at('@')) {
      if (this.#readRoute() && cursor.at(':')) cursor.position++;
      else {
        this.#route = BAD_ROUTE;
        if (cursor.atEnd) return 'broken';
      }
      if (cursor.skip() !== 'more') return 'broken';
    }
    if (!cursor.at('>')) {
      if (this.#readLocalPart([]) !== 'more') return 'broken';
      if (cursor.at('@') && this.#readDomain() !== 'more') return 'broken';
    }
    if (!cursor.at('>')) return 'broken';
    cursor.position++;
    return cursor.skip();
  }

  /** `@one.test,@two.test`; false when it cannot be read up to something behind it. */
  #readRoute(): boolean {
    const cursor = this.#cursor;
    const domains: string[] = [];
    while (cursor.at('@')) {
      domains.push(domains.length > 0 ? ',@' : '@');
      if (cursor.domain(domains) !== 'more') return false;
      while (cursor.skip() === 'more' && cursor.at(',')) cursor.position++;
    }
    if (cursor.atEnd) return false;
    this.#route = domains.join('');
    return true;
  }

  /** Fills `words` even where it is broken. */
  #readLocalPart(words: string[]): Step {
    const cursor = this.#cursor;
    const step = cursor.at('"') ? cursor.quotedString(words) : this.#readDots(words);
    if (step !== 'broken') this.#mailbox = words.join('');
    return step;
  }

  /** Atoms and dots. RFC 5322 §4.4 lets white space stand around a dot, but then a domain has to follow. */
  #readDots(words: string[]): Step {
    const cursor = this.#cursor;
    const start = cursor.position;
    if (cursor.dotAtom(words) === 'more' && cursor.at('@')) return 'more';
    cursor.position = start;
    words.length = 0;
    for (;;) {
      while (cursor.at('.')) {
        words.push('.');
        cursor.position++;
      }
      if (cursor.atEnd) return 'end';
      if (cursor.at('@')) return words.length > 0 ? 'more' : 'broken';
      const step = cursor.atom(words);
      if (step !== 'more' || !cursor.at('.')) return step;
    }
  }

  #readDomain(): Step {
    const words: string[] = [];
    const step = this.#cursor.domain(words);
    if (step !== 'broken') this.#domain = words.join('');
    return step;
  }

  /** `address (Name)`, or words without an address, which are taken for a name. */
  #readBareAddress(): Step {
    const cursor = this.#cursor;
    cursor.comment = '';
    const isQuoted = cursor.at('"');
    const local: string[] = [];
    let step = this.#readLocalPart(local);
    let hasDomain = false;
    if (step !== 'end' && cursor.at('@')) {
      hasDomain = true;
      const domainStep = this.#readDomain();
      if (domainStep !== 'more') step = domainStep;
    }
    if (cursor.comment !== '') this.#name = cursor.comment;
    else if (!hasDomain) {
      const more: string[] = [];
      cursor.phrase(more);
      if (more.join('') !== '') {
        this.#mailbox = null;
        this.#name = `${local.join('')} ${more.join('')}`;
      } else if (isQuoted && this.#mailbox !== null) {
        this.#name = this.#mailbox;
        this.#mailbox = null;
      }
      step = 'broken';
    }
    return step;
  }
}
