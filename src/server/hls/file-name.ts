/** A file of a broadcast's HLS: the rendition ("v0", "a1"), the instance, and what it is. */
export type HlsFile = {
  readonly rendition: string;
  /** Another for each publication and each start of the segmenter, so that no cache takes one's media for another's. */
  readonly instance: string;
} & HlsFileKind;

type HlsFileKind =
  | { readonly kind: "playlist" }
  | { readonly kind: "init"; readonly number: number }
  | { readonly kind: "segment"; readonly number: number }
  | { readonly kind: "part"; readonly number: number; readonly part: number };

/** `v0-3f9a….m3u8`, `v0-3f9a…-i0.mp4`, `v0-3f9a…-s12.m4s`, `v0-3f9a…-s12.p3.m4s`: nothing in it needs escaping. */
export function fileNameOf(file: HlsFile): string {
  const base = `${file.rendition}-${file.instance}`;
  switch (file.kind) {
    case "playlist":
      return `${base}.m3u8`;
    case "init":
      return `${base}-i${file.number}.mp4`;
    case "segment":
      return `${base}-s${file.number}.m4s`;
    case "part":
      return `${base}-s${file.number}.p${file.part}.m4s`;
  }
}

/** Undefined for every name that `fileNameOf` does not make. */
export function parseFileName(name: string): HlsFile | undefined {
  const [, rendition, instance, rest = ""] = FILE_NAME.exec(name) ?? [];
  if (rendition === undefined || instance === undefined) return undefined;
  const kind = parseKind(rest);
  return kind && { rendition, instance, ...kind };
}

/** The process that an instance is of, as its first digits tell. */
export function workerDigits(worker: number): string {
  return (worker & 0xff).toString(16).padStart(2, "0");
}

/** How an instance is named: 16 hexadecimal digits. */
export const INSTANCE_DIGITS = 16;

const FILE_NAME = new RegExp(`^([av](?:0|[1-9]\\d{0,2}))-([0-9a-f]{${INSTANCE_DIGITS}})(\\.m3u8|-.*)$`);
const NUMBER = "(0|[1-9]\\d{0,11})";
const INIT = new RegExp(`^-i${NUMBER}\\.mp4$`);
const MEDIA = new RegExp(`^-s${NUMBER}(?:\\.p${NUMBER})?\\.m4s$`);

function parseKind(rest: string): HlsFileKind | undefined {
  if (rest === ".m3u8") return { kind: "playlist" };
  const [, init] = INIT.exec(rest) ?? [];
  if (init !== undefined) return { kind: "init", number: Number(init) };
  const [, number, part] = MEDIA.exec(rest) ?? [];
  if (number === undefined) return undefined;
  return part === undefined
    ? { kind: "segment", number: Number(number) }
    : { kind: "part", number: Number(number), part: Number(part) };
}
