// What a grammar throws: the offset where the input stopped making sense. Caught in exactly one place per protocol.

/** The input does not follow the grammar; `offset` counts octets or characters from the start of the parsed text. */
export class SyntaxFault extends Error {
  readonly offset: number;

  constructor(expected: string, offset: number) {
    super(`expected ${expected} at ${offset}`);
    this.name = 'SyntaxFault';
    this.offset = offset;
  }
}
