// Changing a header section without copying the message: the result is a list of slices of the same memory with new
// octets between them.
import type { FieldSpan, HeaderBlock } from './scan.ts';

export interface HeaderEdit {
  /** Fields to leave out: names in lower case. */
  readonly remove?: readonly string[];
  /** Whole fields with CRLF, written above everything else. */
  readonly prepend?: Buffer;
  /** Whole fields with CRLF, written below the last field. */
  readonly append?: Buffer;
  /** New octets (whole fields with CRLF) for single fields. */
  readonly replace?: ReadonlyMap<FieldSpan, Buffer>;
}

/** The message with the edit applied, as slices in order; exactly `[block.message]` when the edit changes nothing. */
export function editHeader(block: HeaderBlock, edit: HeaderEdit): Buffer[] {
  const slices: Buffer[] = [];
  if (edit.prepend !== undefined && edit.prepend.length > 0) slices.push(edit.prepend);
  let kept = 0;
  for (const field of block.fields) {
    const replacement = edit.replace?.get(field);
    if (replacement === undefined && !(edit.remove?.includes(field.name) ?? false)) continue;
    if (field.start > kept) slices.push(block.message.subarray(kept, field.start));
    if (replacement !== undefined) slices.push(replacement);
    kept = field.end;
  }
  if (edit.append !== undefined && edit.append.length > 0) {
    if (block.headerEnd > kept) slices.push(block.message.subarray(kept, block.headerEnd));
    slices.push(edit.append);
    kept = block.headerEnd;
  }
  if (kept === 0) slices.push(block.message);
  else if (kept < block.message.length) slices.push(block.message.subarray(kept));
  return slices;
}

/** The message without the named fields (lower case); `[block.message]` when there are none. */
export function removeFields(block: HeaderBlock, names: readonly string[]): Buffer[] {
  return editHeader(block, { remove: names });
}
