// Compiles and runs Solidity for the content tests: one JSON document of jobs in, one of results out.
//
//   in   {"compile": [{"id", "sources": {name: text}}],
//         "tests":   [{"id", "sources": {name: text}, "target": name}],
//         "runs":    [{"id", "sources": {name: text}}]}
//   out  {"compile": {id: {"errors": [str], "warnings": [str]}},
//         "tests":   {id: {"errors": [str], "tests": [{"name", "passed", "message"}]}},
//         "runs":    {id: {"errors": [str], "answer": str}}}
//
// A test contract owns 100 ether, and each of its tests may use five million gas: as much as the learner's browser will
// grant it, so that what passes here passes there. Every test starts from the state after deployment.
//
// The optimizer stays off: it doubles the time and changes no result.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { createEVM } from "@ethereumjs/evm";
import { Account, bytesToHex, createAddressFromString, hexToBytes } from "@ethereumjs/util";

const solc = createRequire(import.meta.url)("solc");
const GAS = 5_000_000n;
const ETHER = 10n ** 18n;
const CALLER = createAddressFromString("0x00000000000000000000000000000000000c0de5");
const BLOCK = {
  header: {
    number: 20_000_000n, timestamp: 1_800_000_000n, gasLimit: 30_000_000n, baseFeePerGas: 7n, difficulty: 0n,
    coinbase: createAddressFromString("0x00000000000000000000000000000000000000cb"),
    prevRandao: new Uint8Array(32).fill(7), getBlobGasPrice: () => 1n,
  },
};

function compile(sources) {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      evmVersion: "cancun",
      outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers", "abi"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const said = (severity) =>
    (output.errors ?? []).filter((e) => e.severity === severity).map((e) => e.formattedMessage.trim());
  return { errors: said("error"), warnings: said("warning"), contracts: output.contracts ?? {} };
}

const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun });

async function deploy(contract) {
  const evm = await createEVM({ common, allowUnlimitedContractSize: true });
  await evm.stateManager.putAccount(CALLER, new Account(0n, 1000n * ETHER));
  const made = await evm.runCall({
    caller: CALLER, data: hexToBytes("0x" + contract.evm.bytecode.object), gasLimit: 30_000_000n, block: BLOCK,
  });
  if (made.execResult.exceptionError) throw new Error(`deployment: ${reason(made)}`);
  const account = await evm.stateManager.getAccount(made.createdAddress);
  account.balance = 100n * ETHER;
  await evm.stateManager.putAccount(made.createdAddress, account);
  const call = (selector) => evm.runCall({
    caller: CALLER, to: made.createdAddress, data: hexToBytes("0x" + selector), gasLimit: GAS, block: BLOCK,
  });
  return { call, state: evm.stateManager };
}

// What a failed call says: the sentence of Error(string), the code of Panic(uint256), or the machine's own word.
function reason(result) {
  const data = bytesToHex(result.execResult.returnValue).slice(2);
  if (data.startsWith("08c379a0")) {
    const size = parseInt(data.slice(72, 136), 16);
    return Buffer.from(data.slice(136, 136 + 2 * size), "hex").toString("utf8");
  }
  if (data.startsWith("4e487b71")) return `panic 0x${data.slice(-2)}`;
  return `${result.execResult.exceptionError.error}${data ? ` ${data}` : ""}`;
}

async function runTests({ sources, target }) {
  const { errors, contracts } = compile(sources);
  if (errors.length) return { errors, tests: [] };
  const contract = Object.values(contracts[target])
    .find((c) => Object.keys(c.evm.methodIdentifiers).some((name) => name.startsWith("test_")));
  if (!contract) return { errors: [`no contract with test_ functions in ${target}`], tests: [] };
  const selectors = contract.evm.methodIdentifiers;
  const { call, state } = await deploy(contract);
  const tests = [];
  for (const [name, selector] of Object.entries(selectors)) {
    if (!name.startsWith("test_")) continue;
    await state.checkpoint();
    const ready = selectors["setUp()"] ? await call(selectors["setUp()"]) : null;
    const done = ready?.execResult.exceptionError ? ready : await call(selector);
    await state.revert();
    const failed = Boolean(done.execResult.exceptionError);
    tests.push({ name, passed: !failed, message: failed ? reason(done) : "" });
  }
  return { errors, tests };
}

// The answer of a trace: what the one `run()` among the fence's contracts returns, written as a learner would.
async function runTrace({ sources }) {
  const { errors, contracts } = compile(sources);
  if (errors.length) return { errors, answer: "" };
  const contract = Object.values(contracts).flatMap((file) => Object.values(file))
    .findLast((c) => c.evm.methodIdentifiers["run()"] && c.evm.bytecode.object);
  if (!contract) return { errors: ["no contract with run()"], answer: "" };
  const { call } = await deploy(contract);
  const done = await call(contract.evm.methodIdentifiers["run()"]);
  if (done.execResult.exceptionError) return { errors, answer: "reverts" };
  const word = bytesToHex(done.execResult.returnValue).slice(2);
  const type = contract.abi.find((item) => item.name === "run").outputs[0].type;
  if (type === "bool") return { errors, answer: BigInt("0x" + word) ? "true" : "false" };
  if (type === "string") {
    const size = parseInt(word.slice(64, 128), 16);
    return { errors, answer: Buffer.from(word.slice(128, 128 + 2 * size), "hex").toString("utf8") };
  }
  if (type === "bytes4") return { errors, answer: "0x" + word.slice(0, 8) };
  const value = BigInt("0x" + word);
  return { errors, answer: String(type.startsWith("int") ? BigInt.asIntN(256, value) : value) };
}

const jobs = JSON.parse(readFileSync(0, "utf8"));
const results = { version: solc.version(), compile: {}, tests: {}, runs: {} };
for (const job of jobs.compile) {
  const { errors, warnings } = compile(job.sources);
  results.compile[job.id] = { errors, warnings };
}
for (const job of jobs.tests) results.tests[job.id] = await runTests(job);
for (const job of jobs.runs) results.runs[job.id] = await runTrace(job);
process.stdout.write(JSON.stringify(results));
