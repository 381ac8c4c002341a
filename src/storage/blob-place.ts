// Where a message's octets are. A place read from a row stays good until compaction moves the record; a reader that
// comes too late looks the row up again by `id`.

export interface BlobPlace {
  /** The unit that the octets arrived with. */
  readonly id: number;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}
