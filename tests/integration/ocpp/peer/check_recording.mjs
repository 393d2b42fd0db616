// A second opinion, by npm typed-ocpp, on every message of a recording of csms.js, of both sides: each message
// alone, and each answer against what it answers.
//
//   node check_recording.mjs RECORDING     prints {"messages","actions","failures"}; exit status 1 if any failed

import fs from 'node:fs';
import { OCPP16 } from 'typed-ocpp/dist/ocpp16/index.js';  // without the schemas of 2.0 and 2.1

const calls = new Map();  // device, sender and id -> the CALL
const actions = {};
const failures = [];
let messages = 0;

for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (line === '') continue;
  const { device, sent, message: text, deliberate } = JSON.parse(line);
  // What the test itself sent in order to be refused.
  if (deliberate && !sent) continue;
  messages += 1;
  const fail = (why) => failures.push({ device, sent, text, why });
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    fail('no JSON');
    continue;
  }
  if (!OCPP16.validate(message)) {
    fail(OCPP16.validate.errors);
    continue;
  }
  if (OCPP16.isCall(message)) {
    const [, id, action] = message;
    calls.set(`${device} ${sent} ${id}`, message);
    actions[action] = (actions[action] ?? 0) + 1;
  } else if (OCPP16.isCallResult(message)) {
    const call = calls.get(`${device} ${!sent} ${message[1]}`);
    if (!call) fail('answers no CALL');
    else if (!OCPP16.checkCallResult(message, call)) fail(OCPP16.checkCallResult.errors);
  }
}
console.log(JSON.stringify({ messages, actions, failures }));
process.exitCode = failures.length > 0 ? 1 : 0;
