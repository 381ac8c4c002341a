// Fitting a message to a next hop that takes less: no 8BITMIME (RFC 6152 §3) or no BINARYMIME (RFC 3030 §3).
import { splice } from '../../base/bytes/splice.ts';
import { scanHeader } from '../header/scan.ts';
import { planReencoding, type Transport } from './reencode.ts';
import { readStructure } from './structure.ts';

/**
 * The message as slices (zero copy where nothing changes) in which every line keeps to 998 octets, no CR or LF is bare,
 * no octet is NUL, and for '7bit' none is above 127. null when that is not possible: bounce with 5.6.3.
 */
export function downgrade(message: Buffer, transport: Transport): Buffer[] | null {
  const block = scanHeader(message);
  const structure = readStructure(block);
  // What a limit hid would be encoded as if it were one text.
  if (block.exceeded !== null || structure.exceeded !== null) return null;
  const replacements = planReencoding(block, structure, transport);
  return replacements === null ? null : splice(message, replacements);
}
