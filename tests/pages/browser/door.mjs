// A door between a browser and the daemon, that can be shut, and through which streams can be refused.
import http from 'node:http';

/** `work(door)` with one that leads to the daemon at that address. */
export async function throughDoor(base, work) {
  const door = await makeDoor(base);
  try {
    await work(door);
  } finally {
    door.close();
  }
}

async function makeDoor(base) {
  const to = new URL(base);
  let streams = 0;
  let shut = false;
  let noStreams = false;
  const server = http.createServer((request, reply) => {
    if (shut) {
      request.socket.destroy();
      return;
    }
    if (request.headers.accept === 'text/event-stream') {
      if (noStreams) {
        reply.writeHead(502).end('no streams here');
        return;
      }
      streams++;
      reply.on('close', () => streams--);
    }
    pass(request, reply, to);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Nothing gets through, and what is open is cut off. */
    shut: () => {
      shut = true;
      server.closeAllConnections();
    },
    open: () => {
      shut = false;
    },
    /** All else gets through. */
    refuseStreams: (on) => {
      noStreams = on;
      server.closeAllConnections();
    },
    /** How many streams of events are open. */
    streams: () => streams,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function pass(request, reply, to) {
  const headers = { ...request.headers, host: to.host };
  if (headers.origin) headers.origin = to.origin; // as of the daemon's own pages
  const target = { host: to.hostname, port: to.port, path: request.url, method: request.method, headers };
  const on = http.request(target, (answer) => {
    reply.writeHead(answer.statusCode ?? 502, answer.headers);
    reply.flushHeaders();
    answer.pipe(reply);
  });
  on.on('error', () => reply.destroy());
  reply.on('close', () => on.destroy());
  request.pipe(on);
}
