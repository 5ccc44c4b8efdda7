import * as z from "zod";

/** `sharedObjects` of the configuration: they are served only with a folder or with names of applications. */
export type SharedObjectsConfig = {
  readonly folder?: string | undefined;
  /** None: all. */
  readonly apps: readonly string[];
  readonly maxTotalBytes: number;
};

const MIB = 2 ** 20;

export const sharedObjects: z.ZodType<SharedObjectsConfig> = z
  .strictObject({
    folder: z.string().min(1).optional().meta({
      form: "the path of a folder",
      exampleTexts: [],
      description:
        "Where persistent shared objects are kept, a file each with the version before it beside it. Without a folder they are refused.",
    }),
    apps: z
      .array(z.string().min(1))
      .prefault([])
      .meta({
        form: "the name of an application",
        exampleTexts: ["chat", "game"],
        description: "The applications that have shared objects, with all of their instances; none: every application.",
      }),
    maxTotalBytes: z
      .int()
      .min(MIB)
      .max(1024 * MIB)
      .default(64 * MIB)
      .describe(
        "The bytes of all shared objects together, as they are sent, and 512 more for each slot. In memory lists of small values take up to ten times as much.",
      ),
  })
  .prefault({})
  .describe(
    "Data that a server keeps the same in all clients of an application. They are served where a folder or an application is named, and then everybody who connects there may read and write them: rules are for programs that embed the server.",
  );
