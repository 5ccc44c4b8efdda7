import type { JSX } from "preact";

/** Drawn on 24 × 24, in strokes. */
const PATHS = {
  wheel:
    "M12 3.500a7 7 0 1 0 0 14 7 7 0 1 0 0-14M12 3.500v14M5 10.500h14M7.100 5.600l9.800 9.800M16.900 5.600l-9.800 9.800M3 21.500c1.500-1.200 3-1.200 4.500 0s3 1.200 4.500 0 3-1.200 4.500 0 3 1.200 4.500 0",
  overview: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  connections: "M8 7a3 3 0 1 0 0 .01M16 17a3 3 0 1 0 0 .01M4 17h6M14 7h6M8 10v4M16 10v4",
  events: "M5 6h.01M9 6h11M5 12h.01M9 12h11M5 18h.01M9 18h11",
  server: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01M12 8h4M12 16h4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 1 0 0-14M16.500 16.500L21 21",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12.500l4.500 4.500L19 7.500",
  eye: "M2 12c2.500-4.500 6-7 10-7s7.500 2.500 10 7c-2.500 4.500-6 7-10 7s-7.500-2.500-10-7M12 9a3 3 0 1 0 0 6 3 3 0 1 0 0-6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 1 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500",
  auto: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 1 0 0-17M12 3.500v17M12 7.500h4.500M12 12h8M12 16.500h4.500",
  good: "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18M8 12.300l2.800 2.700L16 9.500",
  warning: "M12 4L2.500 20h19zM12 10v4.500M12 17.300v.01",
  bad: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9l6 6M15 9l-6 6",
  unknown: "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18M12 7v5l3 2",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18M12 11v5.500M12 7.700v.01",
  close: "M6 6l12 12M18 6L6 18",
  camera: "M3 7h12v10H3zM15 11l6-3.500v9L15 13",
  sound: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4.300 4.300 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  muted: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5",
  down: "M12 4v14M6 12.500l6 6 6-6",
  up: "M12 20V6M6 11.500l6-6 6 6",
  kick: "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18M5.700 5.700l12.600 12.600",
  leave: "M10 4H5v16h5M14 8l4.500 4-4.500 4M18.500 12H9.500",
  back: "M14.500 5.500L8 12l6.500 6.500",
} as const;

export type IconName = keyof typeof PATHS;

/** Says nothing to screen readers: the words stand beside it. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
