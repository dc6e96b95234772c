// A CSMS of the npm package `ocpp-rpc` in strict mode, driven over stdin and stdout.
//
// In:  {"id": 1, "identity": "CP-1", "action": "Reset", "payload": {...}}   send a CALL
// Out: {"port": 1234}                                                       once, when listening
//      {"id": 1, "result": {...}} or {"id": 1, "error": "code: text"}       what became of it
//      {"identity", "action", "payload"}                                    the charger's CALL
//      {"identity", "violation": "..."}                                     what it did wrong
'use strict';

const readline = require('node:readline');
const { RPCServer, createValidator } = require('ocpp-rpc');

// Release 2.2.1 names its schemas of 2.1 "urn:AuthorizeRequest" and looks for "urn:Authorize.req".
const schemas21 = require('ocpp-rpc/lib/schemas/ocpp2_1.json').map((schema) => ({
  ...schema,
  $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf'),
}));

const clients = new Map();
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
let transactions = 0;

function answer(version, action, payload) {
  const currentTime = new Date().toISOString();
  const accepted = { status: 'Accepted' };
  switch (action) {
    case 'BootNotification':
      return { currentTime, interval: 20, status: 'Accepted' };
    case 'Heartbeat':
      return { currentTime };
    case 'Authorize':
      return version === 'ocpp1.6' ? { idTagInfo: accepted } : { idTokenInfo: accepted };
    case 'StartTransaction':
      return { transactionId: ++transactions, idTagInfo: accepted };
    case 'TransactionEvent':
      return payload.idToken ? { idTokenInfo: accepted } : {};
    case 'DataTransfer':
    case 'SignCertificate':
      return accepted;
    default:
      return {};
  }
}

async function main() {
  const protocols = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];
  const server = new RPCServer({
    protocols,
    strictMode: true,
    strictModeValidators: [createValidator('ocpp2.1', schemas21)],
    maxBadMessages: 0,
  });
  server.auth((accept) => accept({}));
  server.on('client', (client) => {
    const { identity } = client;
    const violated = (what) => say({ identity, violation: String(what) });
    clients.set(identity, client);
    client.on('strictValidationFailure', ({ method, error, outbound }) => {
      const whose = outbound ? 'the answer of this CSMS to' : '';
      violated(`${whose} ${method}: ${error.message}`);
    });
    client.on('badMessage', ({ error }) => violated(`bad message: ${error}`));
    client.handle(({ method, params }) => {
      say({ identity, action: method, payload: params });
      return answer(client.protocol, method, params);
    });
  });
  const http = await server.listen(0, '127.0.0.1');
  say({ port: http.address().port });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, identity, action, payload } = JSON.parse(line);
    clients.get(identity).call(action, payload).then(
      (result) => say({ id, result }),
      (error) => say({ id, error: `${error.rpcErrorCode}: ${error.message}` }),
    );
  }
  process.exit(0); // The test has closed our standard input.
}

main();
