'use strict';
// A CSMS made of npm ocpp-rpc in strict mode: every message of either side is checked against the schemas of
// OCPP 1.6 and its security whitepaper. Tests steer and ask it over HTTP.
//
//   node csms.js RECORDING     prints "listening PORT" once it does; every message goes to RECORDING, a line each
//
//   ws://127.0.0.1:PORT/ocpp/IDENTITY     charge points; over TLS on the ports that the order "tls" opens
//   GET  /state[/IDENTITY]                what is known
//   POST /do   {"do":"call","device":ID,"action":A,"payload":{..}} and the other orders below
//   GET|PUT|POST /files/NAME              firmware to download; diagnostics and logs to upload

const fs = require('fs');
const http = require('http');
const https = require('https');
const { RPCServer, createRPCError, NOREPLY } = require('ocpp-rpc');
const { commonAnswers, connection, now } = require('./common_answers');
const { ConversationRules } = require('./conversation_rules');

const SUBPROTOCOL = 'ocpp1.6';
const KEPT = 400;  // messages of a charge point that /state/ID shows

const recording = fs.createWriteStream(process.argv[2]);
const stations = new Map();
const violations = [];
const refused = [];  // handshakes
const files = new Map([['firmware.bin', Buffer.alloc(20000, 'f')]]);
const secure = new Map();  // name -> https.Server
const counts = { calls: 0, results: 0, errors: 0, connections: 0 };

// What the next answers are, for every charge point.
const settings = {
  boot: { status: 'Accepted', interval: 300 },
  passwords: {},  // identity -> text; 401 without it, unless a certificate proves who it is
  profiles: {},  // identity -> security profile, the only one that is let in; 403 with another
  tags: {},  // idTag -> idTagInfo
  refuseAll: false,  // 503 for every handshake
  withoutSubprotocol: false,  // agrees to none, and says nothing
  timeoutMs: 3000,  // the charge points' MessageTimeout, for what stays unanswered
};

class Station {
  constructor(identity) {
    this.identity = identity;
    this.client = null;
    this.connections = 0;
    this.profile = null;  // the security profile of the last connection
    this.certificate = null;  // the name in the certificate that it showed last
    this.rules = new ConversationRules((what, detail) => violation(identity, what, detail));
    this.boots = [];
    this.got = {};  // action -> how many
    this.last = {};  // action -> its last payload
    this.messages = [];  // {action, payload, at}
    this.errors = [];  // CALLERRORs to calls of ours
    this.mischief = [];  // {action, how, count}: what is done to the next messages
    this.deliberate = new Set();  // ids of calls that break the rules on purpose
    this.raw = false;  // while such a one is sent
    this.answers = new Map();  // id of such a call -> function
  }
}

function violation(device, what, detail) {
  violations.push({ device, what, detail });
}

function station(identity) {
  if (!stations.has(identity)) stations.set(identity, new Station(identity));
  return stations.get(identity);
}

/** What each message of a charge point is answered with. */
const handlers = {
  ...commonAnswers(settings),
  BootNotification: (at, payload) => {
    at.boots.push(payload);
    return { status: settings.boot.status, currentTime: now(), interval: settings.boot.interval };
  },
  DataTransfer: (_, { vendorId, data }) =>
    vendorId === 'vfleet' ? { status: 'Accepted', ...(data !== undefined && { data }) } : { status: 'UnknownVendorId' },
  LogStatusNotification: () => ({}),
  SecurityEventNotification: () => ({}),
  SignCertificate: () => ({ status: 'Accepted' }),
  SignedFirmwareStatusNotification: () => ({}),
};

function record(device, sent, message, deliberate) {
  recording.write(JSON.stringify({ device, sent, message, ...(deliberate && { deliberate }) }) + '\n');
}

/** The first mischief that waits for this action, one time used up. */
function takeMischief(at, action) {
  const found = at.mischief.find((each) => each.action === action && each.count > 0);
  if (found) found.count -= 1;
  return found?.how;
}

function handle(at, client, action, { params, messageId }) {
  at.got[action] = (at.got[action] ?? 0) + 1;
  at.last[action] = params;
  at.messages.push({ action, payload: params, at: Date.now() });
  if (at.messages.length > KEPT) at.messages.shift();
  switch (takeMischief(at, action)) {
    case 'silent':  // never answers; the charge point may send again once its time is up
      // Half of it: a CSMS that was held up takes the message late.
      setTimeout(() => at.rules.giveUp(messageId), settings.timeoutMs / 2);
      return NOREPLY;
    case 'error':
      throw createRPCError('InternalError', 'asked to refuse');
    case 'drop':  // the connection breaks before the answer
      client.close({ force: true });
      return NOREPLY;
    default:
      return handlers[action](at, params);
  }
}

function parsed(text) {
  try {
    const message = JSON.parse(text);
    return Array.isArray(message) ? message : null;
  } catch {
    return null;  // badMessage tells
  }
}

function attach(client) {
  const at = station(client.identity);
  at.client = client;
  at.connections += 1;
  counts.connections += 1;
  if (client.protocol !== SUBPROTOCOL) violation(at.identity, 'another subprotocol', { got: client.protocol });
  at.rules.connected();
  client.on('message', ({ message, outbound }) => {
    const array = parsed(message);
    const id = array?.[1];
    const deliberate = at.deliberate.has(id) || (outbound && at.raw);
    record(at.identity, !outbound, String(message), deliberate);
    if (array === null || (outbound && at.raw)) return;
    counts[{ 2: 'calls', 3: 'results', 4: 'errors' }[array[0]] ?? 'errors'] += 1;
    if (outbound) return at.rules.sent(array);
    at.rules.received(array);
    if (at.answers.has(id)) at.answers.get(id)(array);
  });
  client.on('strictValidationFailure', ({ error, outbound, method, params, result }) =>
    violation(at.identity, 'strictValidationFailure', { text: error.message, outbound, method, params, result }));
  client.on('badMessage', ({ buffer, error }) => {
    const id = parsed(buffer.toString())?.[1];
    if (!at.deliberate.has(id)) violation(at.identity, 'badMessage', { text: buffer.toString(), why: error.message });
  });
  client.on('close', () => {
    if (at.client === client) at.client = null;
  });
  for (const action of Object.keys(handlers)) client.handle(action, (call) => handle(at, client, action, call));
}

/** The security profile that a connection is of, and the name in the charge point's certificate. */
function securityOf({ request, password }) {
  const { encrypted, authorized } = request.socket;
  if (!encrypted) return { profile: password === undefined ? 0 : 1, certificate: null };
  if (!authorized) return { profile: 2, certificate: null };
  // Of a session that is resumed the certificate is not there any more.
  return { profile: 3, certificate: request.socket.getPeerCertificate()?.subject?.CN ?? null };
}

const server = new RPCServer({ protocols: [SUBPROTOCOL], strictMode: true, callTimeoutMs: 15000 });
server.on('client', attach);
server.auth((accept, reject, handshake) => {
  const { identity, protocols, password } = handshake;
  const wanted = settings.passwords[identity];
  const refuse = (code, text) => {
    refused.push({ identity, code });
    reject(code, text);
  };
  if (settings.refuseAll) return refuse(503, 'Service Unavailable');
  const { profile, certificate } = securityOf(handshake);
  const proven = profile === 3 && password === undefined;
  if (wanted !== undefined && !proven && password?.toString() !== wanted) return refuse(401, 'Unauthorized');
  if (profile !== (settings.profiles[identity] ?? profile)) return refuse(403, 'Forbidden');
  Object.assign(station(identity), { profile, certificate });
  if (settings.withoutSubprotocol) {
    refused.push({ identity, code: 101 });
    return accept({}, false);
  }
  if (!protocols.has(SUBPROTOCOL)) violation(identity, 'does not offer the subprotocol', [...protocols]);
  accept({});
});

const PENDING_MAY = { TriggerMessage: 'requestedMessage', ExtendedTriggerMessage: 'requestedMessage' };

const orders = {
  /** Sends a CALL that the schemas allow: {"result":{..}} or {"error":{"code","message"}}. */
  async call({ device, action, payload }) {
    const at = station(device);
    const client = await connection(at);
    if (PENDING_MAY[action]) at.rules.invite(payload[PENDING_MAY[action]]);
    try {
      return { result: await client.call(action, payload) };
    } catch (error) {
      return { error: { code: error.rpcErrorCode ?? error.name, message: error.message } };
    }
  },
  /** Sends any text, and waits for the answer to `id` when there is one: {"answer":[..]}, or null after `wait` ms. */
  async raw({ device, text, id, wait = 2000 }) {
    const at = station(device);
    const client = await connection(at);
    if (id !== undefined) at.deliberate.add(id);
    const answer = new Promise((resolve) => {
      at.answers.set(id, resolve);
      setTimeout(() => resolve(null), wait);
    });
    // An answer to nothing is not expected of the charge point either.
    if (id !== undefined) at.rules.sentByUs.set(id, 'raw');
    at.raw = true;
    client.sendRaw(text);
    at.raw = false;
    return { answer: id === undefined ? null : await answer };
  },
  /**
   * Listens for TLS with this certificate and key, asking charge points for theirs by one of `clients` (PEM);
   * `demand`: those without one are refused by TLS itself. The same `name` again: from now on with others.
   */
  async tls({ name, certificate, key, clients, demand = false }) {
    const options = { cert: certificate, key, ...(clients && { ca: clients }) };
    if (secure.has(name)) {
      secure.get(name).setSecureContext(options);
    } else {
      const made = https.createServer({ ...options, requestCert: clients !== undefined, rejectUnauthorized: demand }, web);
      made.on('upgrade', server.handleUpgrade);
      secure.set(name, made);
      await new Promise((resolve) => made.listen(0, '127.0.0.1', 4096, resolve));
    }
    return { port: secure.get(name).address().port };
  },
  /** Changes members of `settings`. */
  set({ values }) {
    Object.assign(settings, values);
    return {};
  },
  /** The next `count` messages of this action are left unanswered (silent), refused (error) or cut off (drop). */
  mischief({ device, action, how, count = 1 }) {
    station(device).mischief.push({ action, how, count });
    return {};
  },
  /** Breaks the connection, of all when no device is named. */
  drop({ device }) {
    for (const at of device ? [station(device)] : stations.values()) at.client?.close({ force: true });
    return {};
  },
};

function overview() {
  const devices = {};
  for (const [identity, at] of stations) {
    devices[identity] = { connected: at.client !== null, registration: at.rules.registration, got: at.got };
  }
  return { devices, counts, violations, refused, files: Object.fromEntries([...files].map(([k, v]) => [k, v.length])) };
}

function details(identity) {
  const at = station(identity);
  return {
    connected: at.client !== null,
    protocol: at.client?.protocol ?? null,
    connections: at.connections,
    profile: at.profile,
    certificate: at.certificate,
    boots: at.boots,
    got: at.got,
    last: at.last,
    messages: at.messages,
    ...at.rules.known(),
  };
}

function body(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

async function serve(request, response) {
  const path = new URL(request.url, 'http://localhost').pathname.split('/').map(decodeURIComponent);
  const reply = (value) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(value));
  };
  if (path[1] === 'state') return reply(path[2] ? details(path[2]) : overview());
  if (path[1] === 'do') {
    const order = JSON.parse(await body(request));
    return reply(await orders[order.do](order));
  }
  if (path[1] === 'files' && request.method === 'GET' && files.has(path[2])) return response.end(files.get(path[2]));
  if (path[1] === 'files' && ['PUT', 'POST'].includes(request.method)) {
    files.set(path[2] || 'unnamed', await body(request));
    response.statusCode = 201;
    return response.end();
  }
  response.statusCode = 404;
  return response.end();
}

function web(request, response) {
  serve(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(JSON.stringify({ failed: error.message }));
  });
}

const plain = http.createServer(web);
plain.on('upgrade', server.handleUpgrade);
plain.listen(0, '127.0.0.1', 4096, () => console.log(`listening ${plain.address().port}`));
process.on('SIGTERM', () => recording.end(() => process.exit(0)));
