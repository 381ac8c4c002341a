// Where the parts of a long message lie, as text in its email row, so that one part can be read without the others.
import type { BodyPart } from '../formats/mime/body-part.ts';
import { transferEncoding } from '../formats/mime/section.ts';

/** RFC 2045, as RFC 9051 §6.4.5.1 names sections; offsets count from the start of the message. */
export interface PartOffsets {
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Lower case, 'text/plain'. */
  readonly mediaType: string;
  /** Lower case; '7bit' when there is none. */
  readonly encoding: string;
  readonly children: readonly PartOffsets[];
}

/** The parts of a parsed message. */
export function toPartOffsets(part: BodyPart): PartOffsets {
  return {
    headerStart: part.start,
    bodyStart: part.bodyStart,
    bodyEnd: part.end,
    mediaType: `${part.type ?? 'text'}/${part.subtype ?? 'plain'}`.toLowerCase(),
    encoding: transferEncoding(part),
    children: part.children.map(toPartOffsets),
  };
}

type PackedPart = readonly [number, number, number, string, string, readonly PackedPart[]];

/** As text. */
export function packParts(parts: PartOffsets): string {
  const pack = (part: PartOffsets): PackedPart => [
    part.headerStart,
    part.bodyStart,
    part.bodyEnd,
    part.mediaType,
    part.encoding,
    part.children.map(pack),
  ];
  return JSON.stringify(pack(parts));
}

/** From text; `shift` octets of header stand in front of what was packed. */
export function unpackParts(text: string, shift: number): PartOffsets {
  const unpack = ([start, body, end, mediaType, encoding, children]: PackedPart, depth: number): PartOffsets => ({
    headerStart: depth === 0 ? 0 : start + shift,
    bodyStart: body + shift,
    bodyEnd: end + shift,
    mediaType,
    encoding,
    children: children.map((child) => unpack(child, depth + 1)),
  });
  return unpack(JSON.parse(text) as PackedPart, 0);
}
