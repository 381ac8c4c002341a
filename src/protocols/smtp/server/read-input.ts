// What the octets of a dialog mean depends on its mode; here that is looked up.
import { readChunk } from './chunk-reader.ts';
import { readCommand, readSaslResponse, skipLine } from './command-reader.ts';
import { readData } from './data-reader.ts';
import type { InputMode, ReadInput, SmtpDialog } from './dialog.ts';

const READERS: Readonly<Record<InputMode, ReadInput>> = {
  command: readCommand,
  data: readData,
  chunk: readChunk,
  'sasl-response': readSaslResponse,
  'skip-line': skipLine,
};

/** Takes the next piece of input by the dialog's mode; false when it is not complete yet. */
export function readInput(dialog: SmtpDialog, input: Buffer, at: number): boolean {
  return READERS[dialog.mode](dialog, input, at);
}
