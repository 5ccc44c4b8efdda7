/** What clients may name instead of no instance. */
const DEFAULT_INSTANCE = "_definst_";

/** An application instance as it is named here: `chat` is also `/chat/` and `chat/_definst_`. */
export function appPathOf(app: string): string {
  const [name = "", ...instance] = app.split("/").filter((part) => part !== "");
  return instance.length === 1 && instance[0] === DEFAULT_INSTANCE ? name : [name, ...instance].join("/");
}
