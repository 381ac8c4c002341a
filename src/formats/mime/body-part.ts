// What the parser finds in a message: the tree of its body parts with octet offsets, RFC 2045 and RFC 2046. Texts are
// octets as Latin-1: nothing of a header section is decoded here.

export interface BodyParameter {
  /** As written; sections of RFC 2231 §3 are joined, and a name that ends in `*` has the extended value of §4. */
  readonly name: string;
  readonly value: string;
}

/** Values of header fields as they stand in the message, folded; null where there is no such field. */
export interface ContentFields {
  readonly encoding: string | null;
  readonly id: string | null;
  readonly description: string | null;
  readonly disposition: string | null;
  readonly language: string | null;
  readonly location: string | null;
  readonly md5: string | null;
}

/** The fields of ENVELOPE, and References, as they stand in the message, folded; of several texts of one name the last. */
export interface EnvelopeFields {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly string[];
  readonly sender: readonly string[];
  readonly replyTo: readonly string[];
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
  readonly references: string | null;
}

export interface BodyPart {
  /** `message` is a message/rfc822 whose one child is the message inside. */
  readonly kind: 'leaf' | 'multipart' | 'message';
  /** Header section: octets `start` to `bodyStart`, the empty line included. */
  readonly start: number;
  readonly bodyStart: number;
  /** End of the body, without the line ending that belongs to the delimiter. */
  readonly end: number;
  /** Line endings in the body; counted for text and message parts only, elsewhere 0. */
  readonly lines: number;
  /** As written, without comments: `TEXT`, `plain`; both null where the part does not say. */
  readonly type: string | null;
  readonly subtype: string | null;
  readonly parameters: readonly BodyParameter[];
  readonly content: ContentFields;
  /** Of the message itself and of messages inside; null for other parts. */
  readonly envelope: EnvelopeFields | null;
  readonly children: readonly BodyPart[];
}

export interface ParsedMessage {
  readonly message: Buffer;
  readonly root: BodyPart;
  readonly partCount: number;
  /** Set when a limit was reached: parts that lie deeper or behind are octets of the part around or before them. */
  readonly exceeded: 'depth' | 'parts' | null;
}

/** Whether a body counts as text: `text/…`, or nothing said and none of the others. */
export function isText(part: BodyPart): boolean {
  return part.kind === 'leaf' && (part.type === null || part.type.toLowerCase() === 'text');
}
