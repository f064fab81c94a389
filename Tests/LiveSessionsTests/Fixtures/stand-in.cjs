'use strict';
// Stands in for www.wixapis.com: a server with HTTP/1.1 and HTTP/2 on loopback. Arguments: key, certificate. Prints its port.
const fs = require('fs');
const http2 = require('http2');
const zlib = require('zlib');
const crypto = require('crypto');
let count = 0;

const token = (kind, visitor) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const data = kind === 'OauthNG.JWS' ? JSON.stringify({ instance: { aid: visitor } }) : `"${visitor}"`;
  return [kind, part({ alg: 'HS256' }), part({ iat, exp: iat + 14400, data, n: ++count }), 'c2ln'].join('.');
};

// The visitor of an access token.
const visitorOf = (token) => {
  try {
    return JSON.parse(JSON.parse(Buffer.from(token.split('.')[3], 'base64url')).data).instance.aid;
  } catch {
    return undefined;
  }
};

const [key, cert] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const server = http2.createSecureServer({ key, cert, allowHTTP1: true },
  async (request, response) => {
    if (request.url === '/mirror') return request.pipe(response);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { pathname } = new URL(request.url, 'https://localhost');
    const json = (status, value, coding) => {
      let bytes = Buffer.from(JSON.stringify(value));
      const headers = { 'Content-Type': 'application/json', 'x-wix-request-id': `r-${pathname}` };
      if (coding) {
        bytes = coding === 'br' ? zlib.brotliCompressSync(bytes) : zlib.gzipSync(bytes);
        headers['Content-Encoding'] = coding;
      }
      response.writeHead(status, { ...headers, 'Content-Length': bytes.length }).end(bytes);
    };
    switch (pathname) {
      case '/oauth2/token': {
        const { grantType, refreshToken } = JSON.parse(body);
        const visitor = grantType === 'anonymous' ? crypto.randomUUID() : JSON.parse(
          Buffer.from(refreshToken.split('.')[2], 'base64url')).data.slice(1, -1);
        if (process.env.FAIL_RENEWALS && grantType !== 'anonymous') return response.destroy();
        return json(200, {
          access_token: token('OauthNG.JWS', visitor), token_type: 'Bearer', expires_in: 14400,
          refresh_token: grantType === 'anonymous' ? token('JWS', visitor) : refreshToken,
        }, request.headers['x-coding']);
      }
      case '/stream':
        response.writeHead(200);
        for (let i = 0; i < 50; i++) {
          response.write(`part ${i}\n`);
          await new Promise(setImmediate);
        }
        return response.end();
      case '/cut':
        response.writeHead(200, { 'Content-Length': 100 });
        response.write('only a part');
        return setTimeout(() => response.socket.end(), 20);
      case '/idle':
        setTimeout(() => request.socket.end(), 20);
        return json(200, {});
      case '/closing': return response.writeHead(200, { Connection: 'close' }).end(Buffer.alloc(40000, 7));
      case '/slow': return setTimeout(() => json(200, {}), 5000).unref();
      case '/428': return json(428, { message: 'precondition' });
      case '/204': return response.writeHead(204).end();
      case '/gzip': return json(200, { text: 'x'.repeat(5000) }, 'gzip');
      case '/big': {
        response.writeHead(200);
        for (let i = 0; i < 128; i++) if (!response.write(Buffer.alloc(65536, i))) await new Promise((go) => response.once('drain', go));
        return response.end();
      }
      default:
        return json(200, {
          visitor: visitorOf(request.headers.authorization), path: request.url, method: request.method, length: body.length,
          hash: crypto.createHash('sha256').update(body).digest('hex'), type: (request.headers['content-type'] || '').split(';')[0],
        });
    }
  });
server.on('checkContinue', (request, response) => {
  response.writeContinue();
  server.emit('request', request, response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
