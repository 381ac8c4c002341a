// Where the two engines' schema words differ. Everything else in SQL text is shared; each engine fills this table once.

export interface SchemaWords {
  /** Column type of integers up to 2^53. */
  readonly integer: string;
  /** Column type of octets. */
  readonly bytes: string;
  /** A primary key that the engine numbers itself, ascending in the order of inserts. */
  readonly identity: string;
  /** What ends CREATE TABLE for a table with an `identity`, a text key or wide rows. */
  readonly plain: string;
  /** What ends CREATE TABLE for a table whose rows lie in the order of their primary key. */
  readonly clustered: string;
}
