// What SORT and THREAD compare, as one text in the email row: each key under i;unicode-casemap (RFC 5051), one a line.

/** RFC 5256 §3 and RFC 5957 §3. */
export interface SortKeys {
  /** The base subject. */
  readonly subject: string;
  readonly isReplyOrForward: boolean;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly displayFrom: string;
  readonly displayTo: string;
}

/** As one text; line ends and NUL in keys become spaces. */
export function joinSortKeys(keys: SortKeys): string {
  const { subject, isReplyOrForward, from, to, cc, displayFrom, displayTo } = keys;
  const lines = [subject, isReplyOrForward ? '1' : '', from, to, cc, displayFrom, displayTo];
  // eslint-disable-next-line no-control-regex -- NUL cannot be stored everywhere
  return lines.map((line) => line.replaceAll(/[\u0000\r\n]/g, ' ')).join('\n');
}

/** From the text; null: nothing was derived yet, all are empty. */
export function splitSortKeys(text: string | null | undefined): SortKeys {
  const [subject = '', reply = '', from = '', to = '', cc = '', displayFrom = '', displayTo = ''] = (text ?? '').split(
    '\n',
  );
  return { subject, isReplyOrForward: reply === '1', from, to, cc, displayFrom, displayTo };
}
