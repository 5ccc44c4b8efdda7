import * as z from "zod";

/** `authentication` of the configuration: nobody is asked without a file of users. */
export type AuthenticationConfig = {
  readonly usersFile?: string | undefined;
  readonly appliesTo: "publishers" | "all";
  readonly firstMode: "adobe" | "llnw";
  /** None: all. */
  readonly apps: readonly string[];
};

export const authentication: z.ZodType<AuthenticationConfig> = z
  .strictObject({
    usersFile: z.string().min(1).optional().meta({
      form: "the path of a file",
      exampleTexts: [],
      description:
        "Who may publish: a line `user:password` each; empty lines and those that begin with `#` do not count. It is read at the start.",
    }),
    appliesTo: z
      .enum(["publishers", "all"])
      .default("publishers")
      .describe(
        "Who is asked: those who say that they publish, as encoders do, while nobody else may; or all who connect.",
      ),
    firstMode: z
      .enum(["adobe", "llnw"])
      .default("adobe")
      .describe(
        "The scheme that clients are told, Adobe's or Limelight's; they may begin with the other. Debian's librtmp needs `llnw`, GStreamer `adobe`.",
      ),
    apps: z
      .array(z.string().min(1))
      .prefault([])
      .meta({
        form: "the name of an application",
        exampleTexts: ["live", "studio"],
        description: "The applications that it is for, with all of their instances; none: every application.",
      }),
  })
  .prefault({})
  .describe(
    "User and password for encoders that are set up with both, as in `rtmp://user:password@host/live/key`. Both schemes are MD5 with nothing encrypted: offer them by RTMPS. Clients are asked only if there is a file of users.",
  );

/** Passwords by name. Throws an error that names the line. */
export function parseUsers(text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const user = line.slice(0, Math.max(0, colon));
    // Nothing is encoded on the way, so that these would end the name.
    if (colon < 1 || /[&?=\s]/.test(user)) {
      throw new Error(`line ${index + 1}: write user:password, the user without &, ?, = and spaces`);
    }
    if (users.has(user)) throw new Error(`line ${index + 1}: ${user} has a line already`);
    users.set(user, line.slice(colon + 1));
  }
  if (users.size === 0) throw new Error("there is no user in it");
  return users;
}
