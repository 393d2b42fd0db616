// Whether the schemas of npm ocpp-rpc and of npm typed-ocpp think of payloads what our tables think of them.
//
//   node check_examples.mjs FILE     a line each: {"action","response","request","name","payload","good"}; `request` is
//                                    a good one of the action. Prints {"checked","disagree"}

import fs from 'node:fs';
import { createRequire } from 'node:module';
import { OCPP16 } from 'typed-ocpp/dist/ocpp16/index.js';  // without the schemas of 2.0 and 2.1

const require = createRequire(import.meta.url);
const { createValidator } = require('ocpp-rpc');
const schemas = createValidator('ocpp1.6', require('ocpp-rpc/lib/schemas/ocpp1_6.json'));

function byOcppRpc({ action, response, payload }) {
  try {
    schemas.validate(`urn:${action}.${response ? 'conf' : 'req'}`, payload);
    return '';
  } catch (error) {
    return error.message;
  }
}

function byTypedOcpp({ action, response, request, payload }) {
  const call = [2, '1', action, response ? request : payload];
  if (!response) return OCPP16.validateCall(call) ? '' : String(OCPP16.validateCall.errors);
  const result = [3, '1', payload];
  if (!OCPP16.validateCallResult(result)) return String(OCPP16.validateCallResult.errors);
  return OCPP16.checkCallResult(result, call) ? '' : String(OCPP16.checkCallResult.errors);
}

// Where a library takes more than the schemas that were published, and where these forbid what we call a limit
// of the text alone.
const LAX = {
  'ocpp-rpc': /: '2026-03-01T08:00:00(\+24:00)?' is no date-time$/,
  'typed-ocpp': /: there is no such field$|^(info|value|configurationKey\.0\.value): too long$/,
};
const BY_SCHEMA_TOO = /^certificateHashData: empty$/;

let checked = 0;
const disagree = [];
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (line === '') continue;
  const example = JSON.parse(line);
  example.payload = JSON.parse(example.payload);
  example.request = JSON.parse(example.request);
  checked += 1;
  for (const [peer, check] of [['ocpp-rpc', byOcppRpc], ['typed-ocpp', byTypedOcpp]]) {
    const mistake = check(example);
    const good = mistake === '';
    const known = good ? LAX[peer].test(example.name) : BY_SCHEMA_TOO.test(example.name);
    if (good !== example.good && !known)
      disagree.push({ peer, action: example.action, response: example.response, name: example.name, mistake });
  }
}
console.log(JSON.stringify({ checked, disagree }));
