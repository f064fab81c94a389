#!/usr/bin/env node
'use strict';
// A browser with one tab that confirms commands slowly. When it loads a page, it writes to the file of --report whether it
// had confirmed before that it reports the tab's calls, and exits.
const fs = require('fs');
const net = require('net');
const file = process.argv.find((word) => word.startsWith('--report=')).slice('--report='.length);
const socket = new net.Socket({ fd: 3 });
const send = (message) => socket.write(`${JSON.stringify(message)}\0`);
let unconfirmed = 0;
let pauses = false;
const load = () => {
  fs.writeFileSync(file, unconfirmed === 0 ? 'confirmed' : 'unconfirmed');
  process.exit();
};
let rest = '';
socket.on('data', (data) => {
  const messages = (rest + data).split('\0');
  rest = messages.pop();
  for (const { id, method, params, sessionId } of messages.map((message) => JSON.parse(message))) {
    if (method === 'Fetch.enable') pauses = params.patterns.some((pattern) => pattern.resourceType === 'Document');
    if (method === 'Page.navigate' && pauses) {
      const request = { requestId: '1', resourceType: 'Document', request: { url: params.url } };
      send({ method: 'Fetch.requestPaused', params: request, sessionId });
    } else if (['Page.navigate', 'Fetch.disable', 'Fetch.continueRequest'].includes(method)) {
      load();
    }
    if (method === 'Target.setAutoAttach' && !sessionId) {
      const targetInfo = { targetId: 'tab', type: 'page', url: 'about:blank' };
      send({ method: 'Target.attachedToTarget', params: { sessionId: 'tab', targetInfo } });
    }
    const enables = method.endsWith('.enable');
    if (enables) unconfirmed += 1;
    setTimeout(() => {
      if (enables) unconfirmed -= 1;
      send({ id, result: {}, sessionId });
    }, 200);
  }
});
