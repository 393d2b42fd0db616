'use strict';
// Whether conversation_rules.js finds each mistake that it is there to find, and none where there is none.

const assert = require('assert');
const { ConversationRules } = require('./conversation_rules');

const T = (seconds) => new Date(1772352000000 + seconds * 1000).toISOString();
let serial = 0;

/** Plays lines: ["<", action, payload] is a CALL that is answered, [">", action] one of ours. */
function play(...lines) {
  const found = [];
  const rules = new ConversationRules((what) => found.push(what));
  rules.connected();
  for (const [way, action, payload = {}, answer = {}] of lines) {
    const id = String(++serial);
    if (way === '<') {
      rules.received([2, id, action, payload]);
      if (action === 'StartTransaction') rules.started(answer.transactionId ?? 1, payload);
      rules.sent([3, id, action === 'BootNotification' ? { status: 'Accepted', ...answer } : answer]);
    } else if (way === '>') {
      rules.sent([2, id, action, payload]);
      rules.received([3, id, {}]);
    } else if (way === '<?') {  // not answered
      rules.received([2, payload.id ?? id, action, payload]);
    } else if (way === 'invite') {
      rules.invite(action);
    } else if (way === 'reconnect') {
      rules.connected();
    } else {
      rules.received([3, 'of nobody', {}]);
    }
  }
  return found;
}

const boot = ['<', 'BootNotification'];
const pending = ['<', 'BootNotification', {}, { status: 'Pending' }];
const status = (connectorId, word) => ['<', 'StatusNotification', { connectorId, status: word }];
const start = (at, wh) => ['<', 'StartTransaction', { connectorId: 1, timestamp: T(at), meterStart: wh, idTag: 'A' }];
const stop = (at, wh, transactionId = 1) => ['<', 'StopTransaction', { transactionId, timestamp: T(at), meterStop: wh }];
const meter = (at, value, more = {}, unit = 'Wh', transactionId = 1) =>
  ['<', 'MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: T(at), sampledValue: [{ value, unit, ...more }] }] }];

const cases = [
  [[], boot, status(0, 'Available'), status(1, 'Available'), status(1, 'Preparing'), start(0, 100), status(1, 'Charging'),
    meter(60, '150'), meter(70, '0.2', {}, 'kWh'), status(1, 'Finishing'), stop(80, 210), status(1, 'Available'), ['>', 'Reset']],
  [['is sent before the charge point is accepted'], ['<', 'Heartbeat']],
  [['is sent before the charge point is accepted'], pending, ['<', 'Heartbeat']],
  [[], pending, ['invite', 'Heartbeat'], ['<', 'Heartbeat']],
  [['is sent before the charge point is accepted'], pending, ['invite', 'Heartbeat'], ['<', 'Heartbeat'], ['<', 'Heartbeat']],
  [['a second CALL is outstanding'], boot, ['<?', 'Heartbeat'], ['<', 'Heartbeat']],
  [[], boot, ['<?', 'Heartbeat'], ['reconnect'], ['<', 'Heartbeat']],
  [['an id was used before'], boot, ['<?', 'Heartbeat', { id: 'a' }], ['reconnect'], ['<?', 'Heartbeat', { id: 'a' }]],
  [['an id is too long'], boot, ['<?', 'Heartbeat', { id: 'a'.repeat(37) }]],
  [['answers what nobody asked'], boot, ['answer']],
  [['a connector moved in a way that is not allowed'], boot, status(1, 'Preparing'), status(1, 'Reserved')],
  [[], boot, status(1, 'Preparing'), ['reconnect'], status(1, 'Reserved')],
  [['connector 0 has no such status'], boot, status(0, 'Charging')],
  [['a transaction message is older than the one before it'], boot, start(0, 1), meter(20, '2'), meter(10, '3')],
  [[], boot, start(0, 1), meter(20, '2'), meter(10, '2', { context: 'Trigger' })],
  [['a meter ran back'], boot, start(0, 100), meter(1, '50')],
  [['a meter ran back'], boot, start(0, 100), stop(1, 50)],
  [['stops a transaction that was never started'], boot, stop(1, 50)],
  [[], boot, stop(1, 50, -1)],
  [['stops a transaction twice'], boot, start(0, 1), stop(1, 2), stop(2, 3)],
  [[], boot, start(0, 1), stop(1, 2), ['reconnect'], stop(1, 2)],
  [['stops a transaction twice'], boot, start(0, 1), stop(1, 2), ['reconnect'], stop(1, 3)],
  [['metered a transaction that was never started'], boot, meter(1, '1')],
  [['metered a transaction that was stopped'], boot, start(0, 1), stop(1, 2), meter(2, '3')],
];
for (const [expected, ...lines] of cases) assert.deepStrictEqual(play(...lines), expected);
console.log(`${cases.length} conversations judged as expected`);
