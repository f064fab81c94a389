'use strict';
// Lets session-inspector's recorder see this process's HTTPS traffic with one host. Does nothing unless
// SESSION_INSPECTOR_RECORDER is set.
//
// SESSION_INSPECTOR_RECORDER is PID:PATH, the recorder's process and Unix socket. A TLS connection to the host becomes
// a Tap: what the application writes goes to the recorder and comes back to the real TLS socket, so that the recorder
// can replace tokens in it. The server's responses go straight to the application, with a copy to the recorder. This
// process makes the TLS connection itself, so its DNS, trust store and error codes are unaffected. If the recorder is
// gone, stopped or unreachable, the application connects directly, and open connections continue without it, unless it
// has replaced some of their bytes.
const recorder = /^(\d+):([^]+)$/.exec(process.env.SESSION_INSPECTOR_RECORDER || '');
if (recorder) install(Number(recorder[1]), recorder[2]);

function install(pid, path) {
  const fs = require('fs');
  const net = require('net');
  const tls = require('tls');
  const { Duplex, finished } = require('stream');
  // Tests replace the host with a local one.
  const [host, port] = (process.env.SESSION_INSPECTOR_RECORDED_HOST || 'www.wixapis.com:443').split(':');
  const issuer = Number(process.env.SESSION_INSPECTOR_RECORDED_ISSUER);
  const connect = tls.connect;
  const responseTimeout = 2000;
  let count = 0;

  const isAvailable = () => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if (error.code !== 'EPERM') return false;
    }
    return fs.existsSync(path);
  };

  // The bytes that the recorder hasn't passed on yet, kept so that they aren't lost if it exits.
  class InFlightBytes {
    chunks = [];
    isEnding = false;
    hasEnded = false;

    get isEmpty() { return this.chunks.length === 0 && this.isEnding === this.hasEnded; }
    add(chunk) { this.chunks.push(chunk); }

    // Removes this many bytes, which the recorder has passed on.
    remove(count) {
      while (count > 0 && this.chunks.length > 0) {
        const first = this.chunks.shift();
        if (first.length > count) this.chunks.unshift(first.subarray(count));
        count -= first.length;
      }
    }

    // The recorder has ended the stream. Returns whether it did so on request, rather than by exiting.
    end() { return this.hasEnded = this.isEnding && this.chunks.length === 0; }
    takeAll() { return Buffer.concat(this.chunks.splice(0)); }
  }

  // What the recorder passes on, in frames: two 32-bit counts and the bytes. The second count is their number; the first one is
  // the number of original bytes that they replace, with the highest bit set if they were changed.
  class Frames {
    header = Buffer.alloc(0);
    left = 0;

    // Calls `take` with bytes, the number of original bytes that they stand for, and whether they are unchanged.
    read(chunk, take) {
      while (chunk.length > 0) {
        if (this.left > 0) {
          const bytes = chunk.subarray(0, this.left);
          this.left -= bytes.length;
          chunk = chunk.subarray(bytes.length);
          take(bytes, this.isExact ? bytes.length : 0, this.isExact);
          continue;
        }
        const part = chunk.subarray(0, 8 - this.header.length);
        this.header = Buffer.concat([this.header, part]);
        chunk = chunk.subarray(part.length);
        if (this.header.length < 8) return;
        const count = this.header.readUInt32BE(0);
        this.left = this.header.readUInt32BE(4);
        this.isExact = count < 0x80000000;
        this.header = this.header.subarray(8);
        if (!this.isExact) take(this.header, count - 0x80000000, false);
      }
    }
  }

  class Tap extends Duplex {
    constructor(options) {
      super({ allowHalfOpen: Boolean(options.allowHalfOpen), autoDestroy: true });
      const protocols = options.ALPNProtocols ? { ALPNProtocols: ['http/1.1'] } : {};
      // The development issuer responds in place of the host, without TLS.
      this.tls = issuer
        ? net.connect(issuer, '127.0.0.1')
        : connect.call(tls, { ...options, ...protocols, timeout: undefined });
      // The recorder reads requests from `app`, and writes refusals to it. It writes requests to `wire`, and reads
      // responses from it.
      this.app = net.connect({ path, allowHalfOpen: true });
      this.wire = net.connect({ path, allowHalfOpen: true });
      this.requests = new InFlightBytes();
      // Where requests are written: to `app` or `tls`. `null` until the recorder has answered.
      this.target = null;
      this.isExact = true;
      this.hasAnswered = false;
      this.pending = null;
      this.quietChecks = 0;
      const id = `${process.pid}-${require('worker_threads').threadId}-${++count}`;
      this.app.write(`A ${id}\n`);
      this.wire.write(`W ${id}\n`);
      // The recorder answers with one byte when it has both sockets.
      this.app.once('readable', () => this.app.read(1) !== null && this.startRecorded());
      for (const socket of [this.app, this.wire]) socket.on('error', () => this.lose());
      this.app.on('close', () => this.hasAnswered || this.lose());
      this.wire.on('close', () => this.requests.hasEnded || this.lose());
      this.watchdog = setTimeout(() => this.lose(), responseTimeout).unref();
      for (const event of ['connect', 'ready', 'lookup', 'session', 'keylog', 'OCSPResponse']) {
        this.tls.on(event, (...values) => this.emit(event, ...values));
      }
      this.tls.once(issuer ? 'connect' : 'secureConnect', () => {
        this.isSecure = true;
        this.announce();
      });
      this.tls.on('error', (error) => this.destroy(error));
      this.tls.on('close', () => {
        if (this.hasAnswered && !this.readableEnded) this.once('end', () => this.destroy());
        else this.destroy();
      });
      // As `tls.connect` does. An HTTP agent relies on it.
      if (options.timeout) this.setTimeout(options.timeout);
    }

    get isRecorded() { return this.target === this.app; }

    // Sends requests through the recorder from now on.
    startRecorded() {
      if (this.target || this.destroyed) return;
      this.clearWatchdog();
      const frames = new Frames();
      this.wire.on('data', (chunk) => this.isRecorded && frames.read(chunk, (bytes, count, isExact) => {
        this.requests.remove(count);
        this.touch();
        this.isExact &&= isExact;
        if (bytes.length > 0 && !this.tls.write(bytes)) this.wire.pause();
        this.watch();
      }));
      this.tls.on('drain', () => this.wire.resume());
      this.wire.on('drain', () => this.flow());
      this.wire.on('end', () => this.isRecorded && (this.requests.end() ? this.tls.end() : this.lose()));
      this.app.on('data', (refusal) => this.isRecorded && this.push(refusal));
      this.start(this.app);
    }

    // Writes the request that was waiting for the target, and starts reading responses.
    start(target) {
      this.target = target;
      this.tls.on('data', (chunk) => {
        this.touch();
        if (this.isRecorded) {
          this.wire.write(chunk);
          this.watch();
        }
        if (!this.push(chunk)) this.isFull = true;
        this.flow();
      });
      this.tls.on('end', () => {
        this.hasAnswered = true;
        if (this.isRecorded) this.wire.end();
        this.push(null);
      });
      const next = this.pending;
      this.pending = null;
      if (next) this._write(...next);
      this.announce();
    }

    // Reads responses only as fast as the application and the recorder take them.
    flow() { this.isFull || (this.isRecorded && this.wire.writableNeedDrain) ? this.tls.pause() : this.tls.resume(); }

    // Checks once a second, while bytes are in flight, whether the recorder still moves them.
    watch() {
      this.hasMoved = true;
      if (this.isRecorded) this.watchdog ??= setInterval(() => this.check(), responseTimeout / 2).unref();
    }

    // Two quiet checks in a row are needed: after both processes were suspended, the first check is always quiet.
    check() {
      const isBehind = this.wire.writableNeedDrain;
      if (this.requests.isEmpty && !isBehind) return this.clearWatchdog();
      const isStalled = !this.hasMoved && (isBehind || !this.wire.isPaused());
      this.quietChecks = isStalled ? this.quietChecks + 1 : 0;
      this.hasMoved = false;
      if (this.quietChecks === 2) this.lose();
    }

    clearWatchdog() {
      clearTimeout(this.watchdog);
      this.watchdog = null;
    }

    // The recorder is gone. The connection continues without it, with the bytes that were in flight. If it has changed
    // some bytes, part of a changed request may have been sent, and the rest of the original must not follow it: the
    // connection fails.
    lose() {
      if (this.destroyed || this.target === this.tls) return;
      if (!this.isExact && !this.requests.hasEnded) {
        return this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      }
      this.clearWatchdog();
      const [wasRecorded, requests, written] = [this.isRecorded, this.requests.takeAll(), this.written];
      this.written = null;
      this.target = this.tls;
      this.app.destroy();
      this.wire.destroy();
      if (requests.length > 0) this.tls.write(requests, () => written?.());
      else written?.();
      if (this.requests.isEnding) this.tls.end();
      if (wasRecorded) this.flow();
      else this.start(this.tls);
    }

    announce() {
      if (this.isSecure && this.target) process.nextTick(() => this.emit('secureConnect'));
    }

    _read() {
      this.isFull = false;
      if (this.target) this.flow();
    }

    _write(chunk, encoding, done) {
      this.touch();
      if (!this.target) {
        this.pending = [chunk, encoding, done];
        return;
      }
      if (!this.isRecorded) return void this.tls.write(chunk, done);
      this.requests.add(chunk);
      this.watch();
      this.written = done;
      this.app.write(chunk, () => {
        if (this.written !== done) return;
        this.written = null;
        done();
      });
    }

    _final(done) {
      if (!this.target) return void this.once('secureConnect', () => this._final(done));
      this.requests.isEnding = true;
      this.watch();
      this.target.end();
      finished(this.tls, { readable: false }, () => done());
    }

    _destroy(error, done) {
      this.clearWatchdog();
      clearTimeout(this.idle);
      // The recorder still reads what was copied for it.
      this.wire.unref().resume().end();
      for (const socket of [this.app, this.tls]) socket.destroy();
      done(error);
    }

    setTimeout(milliseconds, listener) {
      this.timeout = milliseconds;
      if (listener) milliseconds ? this.once('timeout', listener) : this.off('timeout', listener);
      this.touch();
      return this;
    }

    touch() {
      clearTimeout(this.idle);
      if (this.timeout) this.idle = setTimeout(() => this.emit('timeout'), this.timeout).unref();
    }

    all(method, ...values) {
      for (const socket of [this.app, this.wire, this.tls]) socket[method](...values);
      return this;
    }

    ref() { return this.all('ref'); }
    unref() { return this.all('unref'); }
    setNoDelay(...values) { this.tls.setNoDelay(...values); return this; }
    setKeepAlive(...values) { this.tls.setKeepAlive(...values); return this; }
    destroySoon() { this.writableFinished ? this.destroy() : this.end(() => this.destroy()); }
  }

  // The other properties and methods of a TLS socket that an HTTP client uses.
  for (const name of ['encrypted', 'authorized', 'authorizationError', 'alpnProtocol', 'servername', 'connecting',
    'remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'bytesRead', 'bytesWritten']) {
    Object.defineProperty(Tap.prototype, name, { get() { return this.tls[name]; }, set(value) { this.tls[name] = value; } });
  }
  for (const name of ['getPeerCertificate', 'getPeerX509Certificate', 'getCipher', 'getProtocol', 'getSession', 'isSessionReused',
    'getTLSTicket', 'getFinished', 'getPeerFinished', 'getEphemeralKeyInfo', 'address', 'exportKeyingMaterial', 'setServername']) {
    Tap.prototype[name] = function (...values) { return this.tls[name]?.(...values); };
  }

  // Whether the client can speak HTTP/1.1. The list is an array, or bytes in wire format.
  const speaksHTTP1 = ({ ALPNProtocols: list }) => {
    if (!list || Array.isArray(list)) return !list || list.includes('http/1.1');
    return Buffer.from(list.buffer, list.byteOffset, list.byteLength).includes('http/1.1');
  };

  tls.connect = function (...values) {
    const callback = typeof values[values.length - 1] === 'function' ? values.pop() : undefined;
    let options = values.find((value) => value && typeof value === 'object') || {};
    if (typeof values[0] === 'number' || typeof values[0] === 'string') {
      options = { port: values[0], ...(typeof values[1] === 'string' ? { host: values[1] } : {}), ...options };
    }
    const isRecorded = options.host === host && Number(options.port || 443) === Number(port) && !options.socket;
    // HTTP/2 can't be recorded, and mustn't reach the host in place of the development issuer.
    if (!isRecorded || !(issuer || (speaksHTTP1(options) && isAvailable()))) return connect.call(this, ...arguments);
    const tap = new Tap({ servername: host, ...options });
    if (callback) tap.once('secureConnect', callback);
    return tap;
  };
  require('module').syncBuiltinESMExports();
}
