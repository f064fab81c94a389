'use strict';
// Requests of many kinds to the stand-in. Prints one line for each, to be compared with a direct run.
const http2 = require('http2');
const https = require('https');
const crypto = require('crypto');
const { Readable } = require('stream');
const base = `https://localhost:${process.argv[2]}`;
const hash = (body) => crypto.createHash('sha256').update(body).digest('hex').slice(0, 16);

async function fetched(path, options) {
  const response = await fetch(base + path, options);
  const headers = [...response.headers].filter(([name]) => name !== 'date').sort();
  const body = Buffer.from(await response.arrayBuffer());
  return [response.status, JSON.stringify(headers), body.length, hash(body)];
}

function requested(path, options, body) {
  return new Promise((resolve, reject) => {
    const request = https.request(base + path, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve([response.statusCode, response.complete, hash(Buffer.concat(chunks))]));
    });
    request.on('error', reject);
    if (options.headers?.Expect) request.on('continue', () => request.end(body));
    else request.end(body);
  });
}

const form = new FormData();
form.set('a', 'b');
const upload = () => new Readable({
  read() {
    this.count = (this.count || 0) + 1;
    this.push(this.count > 128 ? null : Buffer.alloc(65536, this.count));
  },
});
const cases = {
  get: () => fetched('/a?b=c', { headers: { Authorization: 'OauthNG.JWS.a.b.c' } }),
  streamed: () => fetched('/stream'),
  cut: () => fetched('/cut'),
  upload: () => fetched('/upload', { method: 'POST', body: upload(), duplex: 'half' }),
  form: () => fetched('/form', { method: 'POST', body: form }).then((found) => found.slice(0, 1)),
  abort: () => fetched('/slow', { signal: AbortSignal.timeout(200) }),
  status428: () => fetched('/428'),
  status204: () => fetched('/204'),
  gzip: () => fetched('/gzip'),
  big: () => fetched('/big'),
  head: () => requested('/a', { method: 'HEAD' }),
  expect: () => requested('/c', { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 5 } }, 'hello'),
  agent: async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 2 });
    const found = await Promise.all([...Array(20).keys()].map((i) => requested(`/k${i}`, { agent })));
    agent.destroy();
    return [hash(JSON.stringify(found))];
  },
  idle: async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const closed = new Promise((done) => agent.on('free', (socket) => socket.once('close', () => done('closed'))));
    const first = await requested('/idle', { agent });
    const found = [first, await Promise.race([closed, new Promise((done) => setTimeout(done, 2000, 'open'))])];
    found.push(Object.keys(agent.freeSockets).length, await requested('/a', { agent }));
    agent.destroy();
    return found.flat();
  },
  slowReader: () => new Promise((resolve, reject) => {
    https.get(`${base}/closing`, { agent: false }, (response) => {
      const chunks = [];
      const read = async () => {
        for await (const chunk of response) {
          chunks.push(chunk);
          await new Promise((go) => setTimeout(go, 2));
        }
        resolve([response.complete, hash(Buffer.concat(chunks))]);
      };
      // The server has closed the connection before the first byte is read.
      setTimeout(() => read().catch(reject), 200);
    }).on('error', reject);
  }),
  many: async () => hash(JSON.stringify(await Promise.all([...Array(60).keys()].map((i) => fetched(`/m${i}`))))),
  timeouts: () => Promise.all([{ agent: 150 }, { agent: 150, request: 150 }, { request: 150 }].map((limits) => {
    const agent = new https.Agent({ keepAlive: true, timeout: limits.agent });
    return new Promise((resolve) => {
      const options = limits.request ? { agent, timeout: limits.request } : { agent };
      const request = https.get(`${base}/slow`, options, () => resolve('no timeout'));
      request.on('timeout', () => request.destroy(Error('timeout'))).on('error', (error) => resolve(error.message));
    });
  })),
  http2: () => new Promise((resolve, reject) => {
    const session = http2.connect(base).on('error', reject);
    const stream = session.request({ ':path': '/a' }).on('error', reject).resume();
    stream.on('response', (headers) => {
      session.destroy();
      resolve(headers[':status']);
    });
  }),
  wrongCertificate: () => requested('/a', { servername: 'example.com' }),
};
(async () => {
  for (const [name, run] of Object.entries(cases)) {
    try {
      console.log(name, ...[await run()].flat());
    } catch (error) {
      console.log(name, 'failed', error.name, error.cause?.code ?? error.code ?? error.cause?.name ?? '');
    }
  }
  process.exit(0);
})();
