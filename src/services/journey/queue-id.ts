// The queue id: how a unit's number is written for people, in Received lines, replies and commands.

const QUEUE_ID = /^[0-9a-z]{7,11}$/;
const DECIMAL = /^[0-9]{12,16}$/;

/** Short and without case: base 36. */
export function formatQueueId(unitId: number): string {
  return unitId.toString(36);
}

/** The unit of a queue id, or of its plain number; null when the text is neither. */
export function parseQueueId(text: string): number | null {
  const word = text.trim().toLowerCase();
  const unitId = DECIMAL.test(word) ? Number(word) : QUEUE_ID.test(word) ? Number.parseInt(word, 36) : Number.NaN;
  return Number.isSafeInteger(unitId) ? unitId : null;
}
