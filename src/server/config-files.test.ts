import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { identifySwf } from "../rtmp/handshake/swf-verification.ts";
import { nodeCrypto } from "../transport/node-crypto.ts";
import { readConfigFile } from "./config-file.ts";
import { type ConfigDisk, checkFiles, describeReadError } from "./config-files.ts";
import { describeConfigProblem } from "./config-problem.ts";
import { resolveConfig, settingFromText } from "./config-settings.ts";
import type { CertificateFiles } from "./options.ts";

const PLAIN_SWF = Buffer.from("FWS\u0009\u0010\u0000\u0000\u0000pictures");
const SWF = Buffer.concat([Buffer.from("CWS"), PLAIN_SWF.subarray(3, 8), deflateSync(PLAIN_SWF.subarray(8))]);

const FILES: Readonly<Record<string, Uint8Array>> = {
  "/etc/m/player.swf": SWF,
  "/etc/m/text.swf": Buffer.from("text only"),
  "/etc/m/users": Buffer.from("joe:secret\n"),
  "/etc/m/bad-users": Buffer.from("joe:secret\nann\n"),
};

function diskOf(checked: CertificateFiles[] = []): ConfigDisk {
  return {
    readFile(path) {
      const bytes = FILES[path];
      if (bytes === undefined) throw Object.assign(new Error("no"), { code: "ENOENT" });
      return bytes;
    },
    async checkCertificate(files) {
      checked.push(files);
      if (files.certificateFile.includes("expired")) throw new Error(`${files.certificateFile} is over`);
    },
  };
}

async function check(text: string, disk: ConfigDisk = diskOf()) {
  const { problems, allowedSwf } = await checkFiles(resolveConfig(readConfigFile(text, "/etc/m/m.yml").settings), disk);
  return { problems: problems.map(describeConfigProblem), allowedSwf };
}

const WANTED = "there is no certificate for this; set tls.certificates, or tls.selfSignedFolder to have one made";

test("a way with TLS that is asked for by name wants a certificate", async () => {
  const listen = "listen: [1935, 'rtmps+rtmp+wss://:443', {address: 444, accept: [rtmpts]}]\n";
  deepEqual((await check(listen)).problems, [
    `/etc/m/m.yml:1:16: rtmps, wss: ${WANTED}`,
    `/etc/m/m.yml:1:64: rtmpts: ${WANTED}`,
  ]);
  deepEqual((await check(`${listen}tls.selfSignedFolder: tls\n`)).problems, []);
  deepEqual((await check(`${listen}tls.certificates: live.pem\n`)).problems, []);
});

test("every way without a name wants none, nor do those without TLS", async () => {
  deepEqual((await check("listen: [1935, 'rtmp+rtmpe+rtmpt+rtmpte+ws://80']")).problems, []);
});

test("a problem on the command line names its option", async () => {
  const { settings } = settingFromText("listen", "1935,wss://:1", { kind: "argument", option: "--listen" });
  const { problems } = await checkFiles(resolveConfig(settings), diskOf());
  deepEqual(problems.map(describeConfigProblem), [`--listen: wss: ${WANTED}`]);
});

test("versions of TLS that leave nothing between them are a problem", async () => {
  deepEqual((await check("tls: {minVersion: TLSv1.3, maxVersion: TLSv1.2}")).problems, [
    "/etc/m/m.yml:1:19: tls.minVersion is TLSv1.3, newer than tls.maxVersion, TLSv1.2",
  ]);
  deepEqual((await check("tls: {minVersion: TLSv1.3}")).problems, []);
  deepEqual((await check("tls: {maxVersion: TLSv1.2}")).problems, []);
});

test("certificates are looked at, beside the file that names them", async () => {
  const checked: CertificateFiles[] = [];
  const { problems } = await check("tls:\n  certificates:\n    - a.pem:/b.pem\n    - expired.pem\n", diskOf(checked));
  deepEqual(checked, [
    { certificateFile: "/etc/m/a.pem", keyFile: "/b.pem" },
    { certificateFile: "/etc/m/expired.pem" },
  ]);
  deepEqual(problems, ["/etc/m/m.yml:4:7: /etc/m/expired.pem is over"]);
});

test("SWF files are read, and hashes taken as they are", async () => {
  const { problems, allowedSwf } = await check(`swfVerification.allowed: [player.swf, '${"0f".repeat(32)}:77']`);
  deepEqual(problems, []);
  const identity = identifySwf(PLAIN_SWF, { crypto: nodeCrypto, inflate: (bytes) => bytes });
  deepEqual(allowedSwf, [identity, { hash: Buffer.alloc(32, 0x0f), byteLength: 77 }]);
  equal(identity.byteLength, PLAIN_SWF.length);
});

test("an SWF file that is not there or none is a problem", async () => {
  const { problems, allowedSwf } = await check("swfVerification.allowed:\n- none.swf\n- text.swf\n");
  deepEqual(allowedSwf, []);
  deepEqual(problems, [
    "/etc/m/m.yml:2:3: /etc/m/none.swf cannot be read: there is no such file",
    "/etc/m/m.yml:3:3: /etc/m/text.swf cannot be used: not an SWF file that can be verified: it starts with tex",
  ]);
});

test("a file of users is read, and what is wrong with it told", async () => {
  const read = async (text: string) =>
    await checkFiles(resolveConfig(readConfigFile(text, "/etc/m/m.yml").settings), diskOf());
  deepEqual((await read("authentication.usersFile: users")).users, new Map([["joe", "secret"]]));
  equal((await read("publish.graceMs: 1")).users, undefined);
  deepEqual((await check("authentication.usersFile: bad-users")).problems, [
    "/etc/m/m.yml:1:27: /etc/m/bad-users: line 2: write user:password, the user without &, ?, = and spaces",
  ]);
  deepEqual((await check("authentication.usersFile: none")).problems, [
    "/etc/m/m.yml:1:27: /etc/m/none cannot be read: there is no such file",
  ]);
});

test("what the disk says is told in words", () => {
  const words = ["ENOENT", "EACCES", "EISDIR", "EIO"].map((code) =>
    describeReadError(Object.assign(new Error("broken"), { code })),
  );
  deepEqual(words, ["there is no such file", "not permitted", "this is a folder", "broken"]);
});
