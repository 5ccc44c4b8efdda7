import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../scripts/run-step.ts";
import { requirePeer } from "../../test/support/require-peer.ts";

/** The programs of bench/load. */
export type LoadTools = {
  readonly loader: string;
  readonly floor: string;
  readonly nodeSink: string;
  readonly hlsFiles: string;
  /** Where clips are kept. */
  readonly buildFolder: string;
};

const FOLDER = join(ROOT, "bench", "load");

/** Builds what has changed. Fails with the line that installs what is missing, or with what the compiler says. */
export function buildLoadTools(): LoadTools {
  if (process.platform !== "linux") throw new Error("The load tools read /proc and use epoll: they need Linux.");
  const compiler = requirePeer("gcc");
  const { status, stdout, stderr } = spawnSync(requirePeer("make"), ["-C", FOLDER, `CC=${compiler}`], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The load tools could not be built:\n${stdout}${stderr}`);
  const buildFolder = join(FOLDER, "build");
  return {
    loader: join(buildFolder, "rtmpload"),
    floor: join(buildFolder, "floor"),
    nodeSink: join(FOLDER, "node-sink.ts"),
    hlsFiles: join(FOLDER, "hls-files.ts"),
    buildFolder,
  };
}
