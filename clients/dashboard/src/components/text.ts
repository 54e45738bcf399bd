// Text from elsewhere, made to be seen. Pure.

/** What has no sign of its own (escapes, bells, what turns the direction of writing round) is given one. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, signOf);
}

function signOf(c: string): string {
  const code = c.charCodeAt(0);
  if (c === '\n' || c === '\t') return c;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}

/** Whether it is text, by its beginning. */
export function isText(start: Uint8Array): boolean {
  return !start.subarray(0, 8192).includes(0);
}
