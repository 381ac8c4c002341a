// What is derived from a message's octets once, when they are stored, so that listing a folder never opens a message.

export interface DescribedMessage {
  /** Of what derives: rows of an older one are derived anew. */
  readonly version: number;
  /** Of the Date field; null: it has none that can be read. */
  readonly sentAtMs: number | null;
  /** RFC 9051 §7.5.2 as it goes over the wire; one character is one octet. */
  readonly envelope: string;
  readonly structure: string;
  /** RFC 8970. */
  readonly preview: string;
  /** `formatSortKeys`. */
  readonly sortKeys: string;
  /** Where its parts lie, as JSON; null: the message is short enough to be parsed again. */
  readonly parts: string | null;
}

/** What is known of a message when it is committed. */
export interface Description {
  /** null: its octets were not all at hand. */
  readonly described: DescribedMessage | null;
  /** Its own message-id, then those that it refers to, oldest first; one space between. '' in front: it has none itself. */
  readonly messageIds: string;
  /** What joins it to a conversation. */
  readonly threadHashes: readonly number[];
}

/** The octets were not at hand. */
export const NOT_DESCRIBED: Description = { described: null, messageIds: '', threadHashes: [] };
