#!/usr/bin/env node
'use strict';
// Stands in for a browser with one tab, at about:blank. Its cookie is in the file that --cookie names, once that exists. Each read adds
// a byte to another file.
const fs = require('fs');
const net = require('net');
const file = process.argv.find((word) => word.startsWith('--cookie=')).slice('--cookie='.length);
const socket = new net.Socket({ fd: 3 });
const send = (message) => socket.write(JSON.stringify(message) + '\0');
const results = {
  'Storage.getCookies': () => {
    fs.appendFileSync(`${file}.reads`, '.');
    const value = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
    return { cookies: value ? [{ name: 't', value, domain: 'localhost', path: '/' }] : [] };
  },
};
let text = '';
socket.on('data', (bytes) => {
  const messages = (text + bytes).split('\0');
  text = messages.pop();
  for (const { id, method, sessionId } of messages.map(JSON.parse)) {
    if (method === 'Browser.close') return process.exit(0);
    if (method === 'Target.setAutoAttach' && !sessionId) {
      const targetInfo = { targetId: 'tab', type: 'page' };
      send({ method: 'Target.attachedToTarget', params: { sessionId: 'tab', targetInfo } });
    }
    send({ id, sessionId, result: results[method]?.() ?? {} });
  }
}).on('end', () => process.exit(0));
