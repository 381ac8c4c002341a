// COMPRESS=DEFLATE, RFC 4978.
import { command } from '../command-spec.ts';
import { bad, no, ok } from '../outcome.ts';

export const COMPRESS = command<string>({
  phase: 'authenticated',
  parse(cursor) {
    cursor.space();
    const mechanism = cursor.keyword('DEFLATE');
    cursor.end();
    return mechanism;
  },
  run(dialog, mechanism) {
    if (mechanism !== 'DEFLATE') return bad('Only DEFLATE is on offer');
    if (dialog.transport.compressed) return no('COMPRESSIONACTIVE', 'Compressed already');
    return { ...ok('Compressed from here on'), afterwards: () => dialog.transport.startCompression() };
  },
  news: 'nothing',
});
