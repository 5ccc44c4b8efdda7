import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { AMF_FIXTURES, type AmfFixture, decodeOne, encodeOne, type KeptValue } from "../fixtures/amf/fixtures.ts";
import { AMF_VALUES } from "../fixtures/amf/values.ts";
import { amfMeaning } from "../support/amf-meaning.ts";

// AMF of millrace beside that of libraries which others wrote: node test/peers/amf.ts [--record] [library…]
// README.md says what has to be installed.

type Peer = {
  readonly library: string;
  readonly version: string;
  /** Prints its own values with `encode`; with `echo` it decodes each line of the input and encodes it anew. */
  readonly command: readonly [string, ...string[]];
  readonly encodings: readonly number[];
  /** Where its values stand in its own language, one in a line behind its name. */
  readonly sources: readonly string[];
};

const HERE = import.meta.dirname;
const PYTHON = process.env["PYTHON"] ?? join(HERE, "amf/venv/bin/python");
const PYTHON_PEER = join(HERE, "amf/python_peer.py");
const JAVASCRIPT_PEER = join(HERE, "amf/javascript-peer.js");
const JAVA_SOURCES = join(HERE, "java/src/main/java");
const CLASS_PATH = [join(HERE, "java/target/classes"), join(HERE, "java/target/lib/*")].join(":");
/** What is longer is compared, but not kept. */
const MAX_KEPT_BYTES = 1000;

const PEERS: readonly Peer[] = [
  python("Py3AMF", "0.9.1", "pyamf"),
  python("Mini-AMF", "0.9.1", "miniamf"),
  javaScript("amfjs", "1.3.1", [0, 3]),
  javaScript("node-amfutils", "0.0.1", [0]),
  java("BlazeDS", "4.8.0", "BlazeDsAmf"),
  java("Red5", "1.3.37", "Red5Amf"),
];

const args = process.argv.slice(2);
const isRecording = args.includes("--record");
const wanted = args.filter((argument) => !argument.startsWith("--"));
for (const peer of PEERS) if (wanted.length === 0 || wanted.includes(peer.library)) compare(peer);

function compare(peer: Peer): void {
  const differences: string[] = [];
  const values: KeptValue[] = [];
  const written = run(peer, "encode", "");
  for (const { name, encoding, result } of written) {
    const where = `AMF${encoding} ${name}`;
    if (result.startsWith("!")) {
      differences.push(`cannot write ${where}: ${result.slice(2)}`);
      continue;
    }
    const meant = amfMeaning(AMF_VALUES.get(name));
    const means = meaningOf(result, encoding);
    if (means !== meant) differences.push(`writes ${where} so that it is read as ${short(means)}`);
    if (result.length > 2 * MAX_KEPT_BYTES) continue;
    const expression = expressionOf(peer, name, encoding);
    const other = means === meant ? writtenAnew(result, encoding) : result;
    const quirks = { ...(means !== meant && { means }), ...(other !== result && { ours: other }) };
    values.push({ name, encoding, expression, bytes: result, ...quirks });
  }
  const echoed = run(peer, "echo", ours(peer));
  for (const { name, encoding, result } of echoed) {
    const means = result.startsWith("!") ? result : meaningOf(result, encoding);
    if (means !== amfMeaning(AMF_VALUES.get(name))) differences.push(`makes of AMF${encoding} ${name} ${short(means)}`);
  }
  console.log(`${peer.library} ${peer.version}: ${written.length} values read, ${echoed.length} sent there and back`);
  const file = fileOf(peer);
  const fixture: AmfFixture = { library: peer.library, version: peer.version, values, differences };
  if (isRecording) record(file, fixture);
  else report(fixture, JSON.parse(readFileSync(file, "utf8")) as AmfFixture);
}

/** What is not as it was when the fixtures were recorded fails the run. */
function report(now: AmfFixture, then: AmfFixture): void {
  const news = now.differences.filter((difference) => !then.differences.includes(difference));
  const changed = now.values.filter((value) => !then.values.some((kept) => isDeepStrictEqual(value, kept)));
  for (const difference of news) console.log(`  new: it ${difference}`);
  for (const { name, encoding, bytes } of changed) console.log(`  other bytes: AMF${encoding} ${name} ${short(bytes)}`);
  console.log(
    `  ${now.differences.length} differences, ${news.length} of them new; ${changed.length} values in other bytes`,
  );
  if (news.length > 0 || changed.length > 0) process.exitCode = 1;
}

function fileOf({ library }: Peer): string {
  return join(AMF_FIXTURES, `${library.toLowerCase()}.json`);
}

/** Every value as we write it. */
function ours(peer: Peer): string {
  return Array.from(AMF_VALUES, ([name, value]) => {
    return peer.encodings.map((encoding) => `${name}\t${encoding}\t${encodeOne(value, encoding)}\n`).join("");
  }).join("");
}

function writtenAnew(bytes: string, encoding: number): string {
  return encodeOne(decodeOne(bytes, encoding), encoding);
}

function meaningOf(bytes: string, encoding: number): string {
  try {
    return amfMeaning(decodeOne(bytes, encoding));
  } catch (error) {
    return `! ${error instanceof Error ? error.message : String(error)}`;
  }
}

function run(peer: Peer, mode: "encode" | "echo", input: string): { name: string; encoding: number; result: string }[] {
  const [program, ...programArguments] = peer.command;
  const stdio = ["pipe", "pipe", "ignore"] as const;
  const output = execFileSync(program, [...programArguments, mode], {
    input,
    encoding: "utf8",
    maxBuffer: 1e9,
    stdio: [...stdio],
  });
  return output.split("\n").flatMap((line) => {
    const [name, encoding, result] = line.split("\t");
    // Some print more than their answers.
    if (name === undefined || result === undefined || !AMF_VALUES.has(name)) return [];
    return [{ name, encoding: Number(encoding), result }];
  });
}

function record(file: string, fixture: AmfFixture): void {
  const list = (values: readonly unknown[]): string =>
    values.map((value) => `    ${JSON.stringify(value)}`).join(",\n");
  const { library, version, values, differences } = fixture;
  const origin = `  "library": "${library}",\n  "version": "${version}",\n`;
  const parts = `  "values": [\n${list(values)}\n  ],\n  "differences": [\n${list(differences)}\n  ]\n`;
  writeFileSync(file, `{\n${origin}${parts}}\n`);
}

/** `both("array", lambda: [1, "b"])` and the like in the other languages. */
function expressionOf(peer: Peer, name: string, encoding: number): string {
  const quoted = JSON.stringify(name).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`(?:both|only${encoding})\\(${quoted}, (?:lambda: |\\(\\) => |\\(\\) -> )(.*)\\);?$`, "m");
  for (const source of peer.sources) {
    const expression = pattern.exec(readFileSync(source, "utf8"))?.[1];
    if (expression !== undefined) return expression;
  }
  throw new Error(`${name} is not in ${peer.sources.join(" or ")}`);
}

/** Without what Java makes up anew in each run. */
function short(whole: string): string {
  const text = whole.replaceAll(/\(\d{6,}\)/g, "");
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function python(library: string, version: string, module: string): Peer {
  return { library, version, command: [PYTHON, PYTHON_PEER, module], encodings: [0, 3], sources: [PYTHON_PEER] };
}

function javaScript(library: string, version: string, encodings: readonly number[]): Peer {
  const command = [process.execPath, "--no-warnings", JAVASCRIPT_PEER, library] as const;
  return { library, version, command, encodings, sources: [JAVASCRIPT_PEER] };
}

function java(library: string, version: string, className: string): Peer {
  const sources = [`${className}.java`, "Values.java"].map((file) => join(JAVA_SOURCES, file)).filter(existsSync);
  return { library, version, command: ["java", "-cp", CLASS_PATH, className], encodings: [0, 3], sources };
}
