// The format of server-sent events, as far as the daemon uses it. EventSource would hand on only those
// kinds of events that are listed by name.

export interface Message {
  id: string;
  event: string;
  data: string;
}

/** Takes text as it comes, gives back the messages that are complete. */
export function messageReader(): (chunk: string) => Message[] {
  let rest = '';
  return (chunk) => {
    const blocks = (rest + chunk).replace(/\r\n?/g, '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.map(parseBlock).filter((m) => m.data !== '');
  };
}

function parseBlock(block: string): Message {
  const message: Message = { id: '', event: 'message', data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue; // a comment, which keeps the connection alive
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') message.id = value;
    else if (field === 'event') message.event = value;
    else if (field === 'data') data.push(value);
  }
  message.data = data.join('\n');
  return message;
}
