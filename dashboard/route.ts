import { computed, signal } from "@preact/signals";
import { parseRoute } from "./parse-route.ts";

const hash = signal("");

export const route = computed(() => parseRoute(hash.value));

/** Follows the address from now on. */
export function startRoutes(): void {
  hash.value = location.hash;
  addEventListener("hashchange", () => {
    hash.value = location.hash;
  });
}
