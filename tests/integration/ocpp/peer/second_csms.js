'use strict';
// A second CSMS of another maker, npm ocpp-ts: it checks every CALL against its own schemas and refuses with
// FormationViolation. What answers ours is checked here with the same schemas. Steered and asked like csms.js:
//
//   node second_csms.js RECORDING     prints "listening PORT" once it does
//
//   ws://127.0.0.1:PORT/ocpp/IDENTITY     charge points
//   GET  /state[/IDENTITY]
//   POST /do   {"do":"call","device":ID,"action":A,"payload":{..}}, {"do":"set",..}, {"do":"drop",..}

const fs = require('fs');
const http = require('http');
const { commonAnswers, connection, now } = require('./common_answers');
const { ConversationRules } = require('./conversation_rules');

const recording = fs.createWriteStream(process.argv[2]);
const stations = new Map();
const violations = [];
const counts = { calls: 0, results: 0, errors: 0, refusals: 0, connections: 0 };
const settings = {
  tags: {},  // idTag -> idTagInfo
  interval: 300,  // of heartbeats, in seconds
};

function violation(device, what, detail) {
  violations.push({ device, what, detail });
}

// The library makes its HTTP server itself, on every address, and tells nobody its port.
const createServer = http.createServer;
http.createServer = (...options) => {
  const made = createServer(...options);
  const listen = made.listen.bind(made);
  made.listen = (port) => listen(port, '127.0.0.1', 4096, () => console.log(`listening ${made.address().port}`));
  made.on('request', serve);
  return made;
};
// What it cannot read at all, it only prints.
console.error = (...words) => violation(null, 'not understood', words.map(String));

const { OcppServer } = require('ocpp-ts');
const { Protocol } = require('ocpp-ts/dist/src/impl/Protocol');
const schemas = require('ocpp-ts/dist/src/impl/schemas').default;
const Ajv = require(require.resolve('ajv', { paths: [require.resolve('ocpp-ts')] }));

const callError = Protocol.prototype.callError;
Protocol.prototype.callError = function (id, error) {
  counts.refusals += 1;
  violation(this.eventEmitter.getCpId?.(), 'refused', { code: error.code, text: error.message, why: error.details });
  return callError.call(this, id, error);
};

const validators = new Map();
function mistakesInAnswer(action, payload) {
  if (!validators.has(action)) {
    const { $schema, ...schema } = schemas[`${action}Response`];
    validators.set(action, new Ajv().compile(schema));
  }
  const validate = validators.get(action);
  return validate(payload) ? null : validate.errors;
}

function station(identity) {
  if (!stations.has(identity)) {
    const rules = new ConversationRules((what, detail) => violation(identity, what, detail));
    stations.set(identity, { identity, rules, client: null, protocol: null, connections: 0, got: {}, last: {}, messages: [] });
  }
  return stations.get(identity);
}

const handlers = {
  ...commonAnswers(settings),
  BootNotification: () => ({ status: 'Accepted', currentTime: now(), interval: settings.interval }),
  DataTransfer: () => ({ status: 'UnknownVendorId' }),
};

function record(device, sent, message) {
  recording.write(JSON.stringify({ device, sent, message }) + '\n');
}

function attach(client) {
  const at = station(client.getCpId());
  const { socket } = client.connection;
  at.client = client;
  at.connections += 1;
  at.protocol = socket.protocol;
  counts.connections += 1;
  at.rules.connected();
  socket.prependListener('message', (data) => {
    const message = JSON.parse(data.toString());
    record(at.identity, true, data.toString());
    counts[{ 2: 'calls', 3: 'results' }[message[0]] ?? 'errors'] += 1;
    at.rules.received(message);
  });
  const send = socket.send.bind(socket);
  socket.send = (text) => {
    record(at.identity, false, text);
    at.rules.sent(JSON.parse(text));
    send(text);
  };
  client.on('error', () => {});  // a connection that breaks
  client.on('close', () => {
    if (at.client === client) at.client = null;
  });
  for (const [action, answer] of Object.entries(handlers)) {
    client.on(action, (payload, reply) => {
      at.got[action] = (at.got[action] ?? 0) + 1;
      at.last[action] = payload;
      at.messages.push({ action, payload, at: Date.now() });
      if (at.messages.length > 400) at.messages.shift();
      reply(answer(at, payload));
    });
  }
}

const orders = {
  async call({ device, action, payload }) {
    const at = station(device);
    const client = await connection(at);
    try {
      const result = await client.callRequest(action, payload);
      const why = mistakesInAnswer(action, result);
      if (why) violation(device, 'an answer is not what the schema says', { action, result, why });
      return { result };
    } catch (error) {
      return { error: { code: error.code ?? error.name, message: error.message } };
    }
  },
  set({ values }) {
    Object.assign(settings, values);
    return {};
  },
  drop({ device }) {
    for (const at of device ? [station(device)] : stations.values()) at.client?.connection.socket.terminate();
    return {};
  },
};

function overview() {
  const devices = {};
  for (const [identity, at] of stations) {
    const { protocol, got, client } = at;
    devices[identity] = { connected: client !== null, protocol, registration: at.rules.registration, got };
  }
  return { devices, counts, violations };
}

function details(identity) {
  const { client, protocol, connections, rules, got, last, messages } = station(identity);
  return {
    connected: client !== null,
    protocol,
    connections,
    got,
    last,
    messages,
    ...rules.known(),
  };
}

async function serve(request, response) {
  const path = request.url.split('/').map(decodeURIComponent);
  let answer;
  try {
    if (path[1] === 'state') {
      answer = path[2] ? details(path[2]) : overview();
    } else {
      const parts = [];
      for await (const part of request) parts.push(part);
      const order = JSON.parse(Buffer.concat(parts));
      answer = await orders[order.do](order);
    }
  } catch (error) {
    answer = { failed: error.message };
  }
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(answer));
}

const server = new OcppServer();
server.on('connection', attach);
server.listen(0);
process.on('SIGTERM', () => recording.end(() => process.exit(0)));
