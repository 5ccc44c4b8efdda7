import { type FileHandle, open, stat } from "node:fs/promises";
import { ProtocolError } from "../../errors.ts";
import { FlvReader } from "../../formats/flv/flv-reader.ts";
import type { FlvPatch } from "../../formats/flv/flv-recording.ts";
import { FlvScan, type FlvScanResult } from "../../formats/flv/flv-scan.ts";
import { describeReadError } from "../../server/config-files.ts";
import type { ByteOutput } from "../context.ts";
import { unlessAborted } from "../interruptible.ts";

/** Where an FLV goes. */
export type FlvOutput = {
  /** For messages. */
  readonly name: string;
  /** Appends. Resolves when it has been taken. */
  write(bytes: Uint8Array): Promise<void>;
  /** Changes what was written, where that can be done. */
  patch(patches: readonly FlvPatch[]): Promise<void>;
  close(): Promise<void>;
};

/** A file, and what was in it before. */
export type FlvFile = {
  readonly output: FlvOutput;
  /** Undefined for a new file. */
  readonly before: FlvScanResult | undefined;
  /** Bytes behind the last whole tag that were cut off. */
  readonly cutBytes: number;
};

const PIECE_BYTES = 256 * 1024;
/** A tag is no longer than 16 MiB: what is cut off a file that was cut is no more. */
const MAX_CUT_BYTES = 17 * 1024 * 1024;

/** Standard output, which cannot be changed. When `signal` aborts, its reader is waited for no more. */
export function flvPipe(output: ByteOutput, signal: AbortSignal): FlvOutput {
  const write = (bytes: Uint8Array): Promise<void> => unlessAborted(output.write(bytes), signal);
  return { name: "standard output", write, async patch() {}, async close() {} };
}

/** Makes a file, or with `overwrite` makes it anew. Throws an error that says what hinders it. */
export async function createFlvFile(path: string, overwrite: boolean): Promise<FlvFile> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > 0 && !overwrite) {
    throw new Error(`${path} exists: go on with it by --resume, make it anew by --overwrite, or name another`);
  }
  const file = await open(path, "w").catch((error: unknown) => {
    throw new Error(`${path} cannot be written: ${describeReadError(error)}`, { cause: error });
  });
  return { output: outputOf(path, file, 0), before: undefined, cutBytes: 0 };
}

/**
 * Opens a file whose recording is to go on, or makes it. What stands behind the last whole tag is cut off, unless that is
 * more than a tag, or tags come after it: then the file is damaged, and not touched.
 */
export async function resumeFlvFile(path: string): Promise<FlvFile> {
  const file = await open(path, "r+").catch(() => undefined);
  if (file === undefined) return await createFlvFile(path, false);
  try {
    const { size } = await file.stat();
    const before = await scan(file, path);
    const endOffset = before?.endOffset ?? 0;
    const cutBytes = size - endOffset;
    if (cutBytes > MAX_CUT_BYTES || (cutBytes > 0 && (await hasTagBehindDamage(file)))) {
      throw new Error(`${path} is damaged at byte ${endOffset}: ${cutBytes} bytes behind it would be lost`);
    }
    await file.truncate(endOffset);
    return { output: outputOf(path, file, endOffset), before, cutBytes };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function scan(file: FileHandle, path: string): Promise<FlvScanResult | undefined> {
  const flv = new FlvScan();
  try {
    for await (const piece of piecesOf(file)) flv.push(piece);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.code !== "flv.tag") throw new Error(`${path} cannot be resumed: ${error.message}`, { cause: error });
  }
  return flv.result;
}

/** False for a file that is only cut. */
async function hasTagBehindDamage(file: FileHandle): Promise<boolean> {
  const reader = new FlvReader({ resynchronize: true });
  for await (const piece of piecesOf(file)) {
    reader.push(piece);
    for (let tag = reader.next(); tag !== undefined; tag = reader.next()) if (reader.skippedBytes > 0) return true;
  }
  return false;
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

function outputOf(name: string, file: FileHandle, start: number): FlvOutput {
  let position = start;
  return {
    name,
    async write(bytes) {
      await writeAt(file, bytes, position);
      position += bytes.length;
    },
    async patch(patches) {
      for (const { at, bytes } of patches) await writeAt(file, bytes, at);
    },
    close: () => file.close(),
  };
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
