/** A place in a file. Lines and columns count from 1, and are absent when the file as a whole is meant. */
export type FileOrigin = {
  readonly kind: "file";
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
};

/** Where a setting was made. */
export type ConfigOrigin =
  | FileOrigin
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "argument"; readonly option: string };

/** What is wrong in a configuration, and where. */
export type ConfigProblem = {
  readonly origin: ConfigOrigin;
  /** The key that it is about, as it was written; undefined when the file as a whole is meant. */
  readonly key: string | undefined;
  readonly message: string;
};

/** `millrace.yml:3:5: unknown key publish.busyNam: did you mean publish.busyName?`, as editors and CI read it. */
export function describeConfigProblem(problem: ConfigProblem): string {
  return `${describeConfigOrigin(problem.origin)}: ${problem.message}`;
}

/** `millrace.yml:3:5`, `MILLRACE_RTMP` or `--rtmp`. */
export function describeConfigOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case "file":
      return [origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(":");
    case "environment":
      return origin.name;
    case "argument":
      return origin.option;
  }
}
