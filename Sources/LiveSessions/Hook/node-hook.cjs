'use strict';
// Lets session-inspector's recorder see this process's HTTPS traffic with one host. Does nothing without its variable.
//
// SESSION_INSPECTOR_RECORDER is PID:PATH, the recorder's process and Unix socket. A TLS connection to the host becomes a
// Tap: what the application writes goes to the recorder and comes back to the real TLS socket, and the answer takes the
// same way. This process makes the TLS connection itself, so its DNS, trust store and error codes stay. If the recorder
// is gone, stopped or unreachable, the application connects directly.
const recorder = /^(\d+):([^]+)$/.exec(process.env.SESSION_INSPECTOR_RECORDER || '');
if (recorder) install(Number(recorder[1]), recorder[2]);

function install(pid, path) {
  const fs = require('fs');
  const net = require('net');
  const tls = require('tls');
  const { Duplex } = require('stream');
  // Tests observe a stand-in of the host.
  const [host, port] = (process.env.SESSION_INSPECTOR_RECORDED_HOST || 'www.wixapis.com:443').split(':');
  const issuer = Number(process.env.SESSION_INSPECTOR_RECORDED_ISSUER);
  const connect = tls.connect;
  const patience = 2000;
  let count = 0;

  const isAvailable = () => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if (error.code !== 'EPERM') return false;
    }
    return fs.existsSync(path);
  };

  class Tap extends Duplex {
    constructor(options) {
      super({ allowHalfOpen: true, autoDestroy: true });
      const protocols = options.ALPNProtocols ? { ALPNProtocols: ['http/1.1'] } : {};
      // A local issuer answers in the host's place, without TLS.
      this.tls = issuer ? net.connect(issuer, '127.0.0.1') : connect.call(tls, { ...options, ...protocols });
      this.app = net.connect({ path, allowHalfOpen: true });
      this.wire = net.connect({ path, allowHalfOpen: true });
      this.source = null;
      this.pending = null;
      const id = `${process.pid}-${require('worker_threads').threadId}-${++count}`;
      this.app.write(`A ${id}\n`);
      this.wire.write(`W ${id}\n`);
      // The recorder answers with one byte when it has both sockets.
      this.app.once('readable', () => this.app.read(1) !== null && this.start(this.app));
      for (const socket of [this.app, this.wire]) {
        socket.on('error', () => this.lose());
        socket.on('close', () => this.lose());
      }
      this.watchdog = setTimeout(() => this.lose(), patience);
      this.watchdog.unref();
      for (const event of ['connect', 'ready', 'lookup', 'session', 'keylog', 'OCSPResponse']) {
        this.tls.on(event, (...values) => this.emit(event, ...values));
      }
      this.tls.once(issuer ? 'connect' : 'secureConnect', () => {
        this.isSecure = true;
        this.announce();
      });
      this.tls.on('error', (error) => this.fail(error));
      this.tls.on('close', () => {
        if (this.source !== this.app) this.destroy();
      });
    }

    // Uses the recorder's stream, or the TLS socket itself, from now on.
    start(source) {
      if (this.source || this.destroyed) return;
      clearTimeout(this.watchdog);
      this.source = source;
      if (source === this.app) {
        this.wire.pipe(this.tls);
        this.tls.pipe(this.wire);
      } else {
        this.app.destroy();
        this.wire.destroy();
      }
      source.on('data', (chunk) => {
        this.touch();
        if (!this.push(chunk)) source.pause();
      });
      source.on('end', () => {
        if (this.error) return this.destroy(this.error);
        this.push(null);
      });
      source.on('drain', () => this.resume_());
      this.announce();
      this.resume_();
    }

    // The recorder is gone. Before it has taken part, the application goes on without it; after that, the connection fails.
    lose() {
      if (this.destroyed) return;
      if (!this.source) return this.start(this.tls);
      if (this.source !== this.app || this.readableEnded || this.error) return;
      if (this.app.readableEnded && this.app.writableFinished) return;
      this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' }));
    }

    // What the peer sent before the error is still delivered, as on a direct connection.
    fail(error) {
      if (this.source !== this.app) return this.destroy(error);
      this.error = error;
      this.wire.end();
      setTimeout(() => this.destroy(error), 1000).unref();
    }

    announce() {
      if (this.isSecure && this.source) process.nextTick(() => this.emit('secureConnect'));
    }

    resume_() {
      const next = this.pending;
      this.pending = null;
      if (next) this._write(...next);
    }

    _read() {
      if (this.source) this.source.resume();
    }

    _write(chunk, encoding, done) {
      this.touch();
      if (!this.source) {
        this.pending = [chunk, encoding, done];
        return;
      }
      this.source.write(chunk, encoding, done);
    }

    _final(done) {
      if (!this.source) return void this.once('secureConnect', () => this._final(done));
      this.source.end(done);
    }

    _destroy(error, done) {
      clearTimeout(this.watchdog);
      clearTimeout(this.idle);
      for (const socket of [this.app, this.wire, this.tls]) socket.destroy();
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

  // Everything else that an HTTP client asks a TLS socket.
  for (const name of ['encrypted', 'authorized', 'authorizationError', 'alpnProtocol', 'servername', 'connecting',
    'remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'bytesRead', 'bytesWritten']) {
    Object.defineProperty(Tap.prototype, name, { get() { return this.tls[name]; }, set(value) { this.tls[name] = value; } });
  }
  for (const name of ['getPeerCertificate', 'getPeerX509Certificate', 'getCipher', 'getProtocol', 'getSession', 'isSessionReused',
    'getTLSTicket', 'getFinished', 'getPeerFinished', 'getEphemeralKeyInfo', 'address', 'exportKeyingMaterial', 'setServername']) {
    Tap.prototype[name] = function (...values) { return this.tls[name]?.(...values); };
  }

  tls.connect = function (...values) {
    const callback = typeof values[values.length - 1] === 'function' ? values.pop() : undefined;
    let options = values.find((value) => value && typeof value === 'object') || {};
    if (typeof values[0] === 'number' || typeof values[0] === 'string') {
      options = { port: values[0], ...(typeof values[1] === 'string' ? { host: values[1] } : {}), ...options };
    }
    const isRecorded = options.host === host && Number(options.port || 443) === Number(port) && !options.socket;
    if (!isRecorded || !(issuer || isAvailable())) return connect.call(this, ...arguments);
    const tap = new Tap({ servername: host, ...options });
    if (callback) tap.once('secureConnect', callback);
    return tap;
  };
  require('module').syncBuiltinESMExports();
}
