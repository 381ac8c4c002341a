// One line on stderr that says how far a long command has come; only where somebody watches.
import type { CommandContext } from './command.ts';

export interface ProgressLine {
  readonly show: (what: string, done: number, total: number) => void;
  /** Takes the line away. */
  readonly clear: () => void;
}

/** Draws on a terminal; elsewhere does nothing. */
export function progressLine({ host, json }: CommandContext): ProgressLine {
  const isWatched = !json && (host.stderr as { isTTY?: boolean }).isTTY === true;
  if (!isWatched) return { show() {}, clear() {} };
  let isDrawn = false;
  return {
    show(what, done, total) {
      isDrawn = true;
      host.stderr.write(`\r\u001b[K${what}: ${done}${total > 0 ? ` of ${total}` : ''}`);
    },
    clear() {
      if (isDrawn) host.stderr.write('\r\u001b[K');
      isDrawn = false;
    },
  };
}
