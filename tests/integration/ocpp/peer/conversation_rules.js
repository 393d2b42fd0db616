'use strict';
// What OCPP 1.6J asks of a charge point beyond the schemas of its messages, checked over all of its connections:
// the libraries check each message alone.

const CALL = 2;

// Allowed moves of a connector (specification, table of 4.9); staying where one is is allowed.
const MOVES = {
  Available: 'Preparing Charging SuspendedEV SuspendedEVSE Reserved Unavailable Faulted',
  Preparing: 'Available Charging SuspendedEV SuspendedEVSE Finishing Faulted',
  Charging: 'Available SuspendedEV SuspendedEVSE Finishing Unavailable Faulted',
  SuspendedEV: 'Available Charging SuspendedEVSE Finishing Unavailable Faulted',
  SuspendedEVSE: 'Available Charging SuspendedEV Finishing Unavailable Faulted',
  Finishing: 'Available Preparing Unavailable Faulted',
  Reserved: 'Available Preparing Unavailable Faulted',
  Unavailable: 'Available Preparing Charging SuspendedEV SuspendedEVSE Faulted',
  Faulted: 'Available Preparing Charging SuspendedEV SuspendedEVSE Finishing Reserved Unavailable',
};
const OF_STATION = ['Available', 'Unavailable', 'Faulted'];

/** The import register of a sample in Wh; undefined when it is something else. */
function registerWh(sample) {
  if ((sample.measurand ?? 'Energy.Active.Import.Register') !== 'Energy.Active.Import.Register') return undefined;
  if (sample.phase !== undefined) return undefined;
  return Number(sample.value) * (sample.unit === 'kWh' ? 1000 : 1);
}

/** One charge point, as its CSMS knows it. Calls `wrong(what, detail)` for each rule that it breaks. */
class ConversationRules {
  constructor(wrong) {
    this.wrong = wrong;
    this.ids = new Set();
    this.connection = 0;  // the number of it
    this.outstanding = null;  // {id, action}
    this.sentByUs = new Map();  // id -> action of ours that is not answered
    this.registration = 'none';  // the last answer to BootNotification
    this.invited = new Map();  // action -> how many were asked for while it is pending
    this.connectors = new Map();  // id -> {status, fresh, at, wh}
    this.transactions = new Map();  // id -> {connector, start, last, wh, stop}
  }

  /** What is known of the charge point now: its connectors' statuses by number, its transactions by theirs. */
  known() {
    return {
      registration: this.registration,
      status: Object.fromEntries([...this.connectors].map(([id, each]) => [id, each.status])),
      transactions: Object.fromEntries(this.transactions),
    };
  }

  connected() {
    this.connection += 1;
    this.outstanding = null;
    // What happened offline is told by its end alone.
    for (const connector of this.connectors.values()) connector.fresh = true;
  }

  /** A BootNotification or a trigger of ours that a pending charge point may follow. */
  invite(action) {
    this.invited.set(action, (this.invited.get(action) ?? 0) + 1);
  }

  /** It gave up waiting for an answer that was withheld on purpose. */
  giveUp(id) {
    if (this.outstanding?.id === id) this.outstanding = null;
  }

  /** A message of the charge point. */
  received([type, id, ...rest]) {
    if (type !== CALL) {
      if (!this.sentByUs.delete(id)) this.wrong('answers what nobody asked', { id, type });
      return;
    }
    const [action, payload] = rest;
    if (typeof id === 'string' && id.length > 36) this.wrong('an id is too long', { id });
    if (this.ids.has(id)) this.wrong('an id was used before', { id, action });
    this.ids.add(id);
    if (this.outstanding) this.wrong('a second CALL is outstanding', { action, behind: this.outstanding });
    this.outstanding = { id, action };
    this.mayBeSent(action);
    if (payload && typeof payload === 'object') this.checkPayload(action, payload);
  }

  /** A message of ours. */
  sent([type, id, ...rest]) {
    if (type === CALL) {
      this.sentByUs.set(id, rest[0]);
      return;
    }
    const answered = this.outstanding;
    if (answered?.id === id) this.outstanding = null;
    if (answered?.id === id && answered.action === 'BootNotification' && type === 3) {
      this.registration = rest[0].status;
      this.invited.clear();
    }
  }

  mayBeSent(action) {
    if (action === 'BootNotification' || this.registration === 'Accepted') return;
    const left = this.invited.get(action) ?? 0;
    if (this.registration === 'Pending' && left > 0) {
      this.invited.set(action, left - 1);
      return;
    }
    this.wrong('is sent before the charge point is accepted', { action, registration: this.registration });
  }

  checkPayload(action, payload) {
    switch (action) {
      case 'StatusNotification':
        return this.checkStatus(payload);
      case 'StartTransaction':
        return this.checkMeter(payload.connectorId, payload.timestamp, payload.meterStart, action);
      case 'StopTransaction':
        return this.checkStop(payload);
      case 'MeterValues':
        return this.checkMeterValues(payload);
    }
  }

  connector(id) {
    if (!this.connectors.has(id)) this.connectors.set(id, { status: null, fresh: true, at: 0, wh: 0 });
    return this.connectors.get(id);
  }

  checkStatus({ connectorId, status }) {
    const connector = this.connector(connectorId);
    const from = connector.status;
    if (connectorId === 0) {
      if (!OF_STATION.includes(status)) this.wrong('connector 0 has no such status', { status });
    } else if (from && !connector.fresh && from !== status && !MOVES[from].split(' ').includes(status)) {
      this.wrong('a connector moved in a way that is not allowed', { connectorId, from, to: status });
    }
    connector.status = status;
    connector.fresh = false;
  }

  /** Transaction messages come in the order of their events, and a meter never runs back. */
  checkMeter(connectorId, timestamp, wh, action) {
    const connector = this.connector(connectorId);
    const at = Date.parse(timestamp);
    if (at < connector.at) this.wrong('a transaction message is older than the one before it', { action, timestamp });
    connector.at = Math.max(connector.at, at);
    if (wh === undefined) return;
    // meterStart and meterStop are whole numbers.
    if (wh < connector.wh - 1) this.wrong('a meter ran back', { action, connectorId, wh, before: connector.wh });
    connector.wh = Math.max(connector.wh, wh);
  }

  started(transactionId, { connectorId, timestamp, meterStart, idTag }) {
    this.transactions.set(transactionId, { connectorId, start: timestamp, meterStart, idTag, values: 0, stop: null });
  }

  checkStop(payload) {
    const { transactionId, timestamp, meterStop, reason } = payload;
    if (transactionId === -1) return;  // its start never got a number
    const transaction = this.transactions.get(transactionId);
    if (!transaction) return this.wrong('stops a transaction that was never started', { transactionId });
    const told = JSON.stringify(payload);
    if (transaction.told) {
      // Of one whose answer the connection took with it nobody knows whether it arrived.
      const again = transaction.told === told && transaction.toldIn < this.connection;
      if (!again) this.wrong('stops a transaction twice', { transactionId });
      return;
    }
    transaction.told = told;
    transaction.toldIn = this.connection;
    transaction.stop = timestamp;
    transaction.reason = reason ?? 'Local';
    transaction.meterStop = meterStop;
    this.checkMeter(transaction.connectorId, timestamp, meterStop, 'StopTransaction');
  }

  checkMeterValues({ connectorId, transactionId, meterValue }) {
    if (!Array.isArray(meterValue)) return;
    const known = this.transactions.get(transactionId);
    if (transactionId !== undefined && transactionId !== -1) {
      if (!known) return this.wrong('metered a transaction that was never started', { transactionId });
      if (known.connectorId !== connectorId) this.wrong('metered a transaction elsewhere', { transactionId, connectorId });
      if (known.stop) this.wrong('metered a transaction that was stopped', { transactionId });
      known.values += 1;
    }
    for (const { timestamp, sampledValue } of meterValue) {
      // A triggered one does not wait behind those of transactions.
      if (transactionId === undefined || sampledValue?.some((sample) => sample.context === 'Trigger')) continue;
      this.checkMeter(connectorId, timestamp, sampledValue?.map(registerWh).find((wh) => wh !== undefined), 'MeterValues');
    }
  }
}

module.exports = { ConversationRules };
