/** What the process answers with, as shells and service managers read it. docs/config.md shows the same table. */
export const ExitCode = { Ok: 0, Failed: 1, Usage: 2, Config: 78 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What each code means, for the help and the documentation. */
export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [ExitCode.Ok, "done; also when it was asked to stop, and ended in order"],
  [
    ExitCode.Failed,
    "failed: a port is taken, a server is not there or refuses, a file is broken, or a second signal cut it off",
  ],
  [ExitCode.Usage, "the command line is wrong"],
  [ExitCode.Config, "the configuration file or the environment is wrong"],
];
