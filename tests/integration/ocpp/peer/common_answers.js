'use strict';
// What a CSMS answers whatever library it is made of, and what it waits for.

/**
 * Answers by action: functions of the charge point, whose `rules` are its ConversationRules, and the payload of its
 * message. `settings.tags` (idTag -> idTagInfo) is looked at anew each time; unknown tags are accepted.
 */
function commonAnswers(settings) {
  let nextTransaction = 1000;
  const tagInfo = (idTag) => settings.tags[idTag] ?? { status: 'Accepted' };
  return {
    Authorize: (_, { idTag }) => ({ idTagInfo: tagInfo(idTag) }),
    DiagnosticsStatusNotification: () => ({}),
    FirmwareStatusNotification: () => ({}),
    Heartbeat: () => ({ currentTime: now() }),
    MeterValues: () => ({}),
    StartTransaction: (at, payload) => {
      const transactionId = nextTransaction++;
      at.rules.started(transactionId, payload);
      return { transactionId, idTagInfo: tagInfo(payload.idTag) };
    },
    StatusNotification: () => ({}),
    StopTransaction: (_, { idTag }) => (idTag === undefined ? {} : { idTagInfo: tagInfo(idTag) }),
  };
}

function now() {
  return new Date().toISOString();
}

/** The charge point's connection (`client`), waited for a little: it may just come back. */
async function connection(at) {
  for (let i = 0; i < 200 && !at.client; ++i) await new Promise((resolve) => setTimeout(resolve, 50));
  if (!at.client) throw Error(`${at.identity} is not connected`);
  return at.client;
}

module.exports = { commonAnswers, connection, now };
