import { spawnSync } from "node:child_process";
import {
  FFMPEG8_FOLDER,
  FFMPEG8_INSTALL,
  findProgram,
  hasFfmpeg8,
  installLine,
  PEER_PACKAGES,
} from "../test/support/require-peer.ts";

/**
 * Installs the programs that the tests talk to, where they are missing and it is allowed. What cannot be installed is
 * said here, and again by each test that needs it: those fail.
 */
export function installTestPeers(): void {
  const missing = missingPackages();
  if (missing.length > 0) installPackages(missing);
  if (!hasFfmpeg8()) installFfmpeg8();
}

function missingPackages(): string[] {
  const packages = [...new Set(Object.values(PEER_PACKAGES).flat())];
  if (findProgram("dpkg-query") !== undefined) {
    const format = ["db:Status-Abbrev", "Package"].map((field) => `\${${field}}`).join(" ");
    const query = spawnSync("dpkg-query", ["-W", `-f=${format}\n`, ...packages], { encoding: "utf8" });
    const installed = new Set(
      query.stdout
        .split("\n")
        .filter((line) => line.startsWith("ii"))
        .map((line) => line.slice(2).trim()),
    );
    return packages.filter((name) => !installed.has(name));
  }
  const absent = Object.entries(PEER_PACKAGES).filter(([program]) => findProgram(program) === undefined);
  return [...new Set(absent.flatMap(([, names]) => names))];
}

function installPackages(packages: readonly string[]): void {
  const root = asRoot();
  if (findProgram("apt-get") === undefined || root === undefined) {
    console.log(`These tests need Debian packages that cannot be installed from here. As root, run:`);
    console.log(`  ${installLine(packages)}`);
    return;
  }
  console.log(`Installing Debian packages that the tests talk to: ${packages.join(" ")}`);
  const install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages];
  const isOk = run([...root, "apt-get", "update", "-q"]) && run([...root, ...install]);
  if (!isOk) console.log(`That failed. As root, run:\n  ${installLine(packages)}`);
}

/** What to put before a command that needs root; undefined when that is not to be had without a password. */
function asRoot(): string[] | undefined {
  const environment = ["env", "DEBIAN_FRONTEND=noninteractive"];
  if (process.getuid?.() === 0) return environment;
  const hasSudo = findProgram("sudo") !== undefined && spawnSync("sudo", ["-n", "true"]).status === 0;
  return hasSudo ? ["sudo", "-n", ...environment] : undefined;
}

function installFfmpeg8(): void {
  console.log("Installing FFmpeg 8.1 for the tests into test/ffmpeg8/node_modules (GPL; no part of millrace)");
  if (run(FFMPEG8_INSTALL, FFMPEG8_FOLDER)) return;
  console.log(`That failed. Run:\n  (cd test/ffmpeg8 && ${FFMPEG8_INSTALL.join(" ")})`);
}

/** Shows what the command says only when it fails. */
function run([command = "", ...parameters]: readonly string[], cwd?: string): boolean {
  const result = spawnSync(command, parameters, { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  if (result.status === 0) return true;
  console.log(result.error?.message ?? `${result.stdout}${result.stderr}`.trimEnd());
  return false;
}

if (process.argv[1] === import.meta.filename) installTestPeers();
