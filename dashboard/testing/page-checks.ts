/*
 * What tests ask of a page while it stands in a browser. Bundled for them, and no part of the dashboard.
 */

type PageChecks = {
  /** Texts that are hard to read: whose contrast is below that of WCAG AA. */
  weakContrasts(): readonly string[];
  /** What a screen reader or a keyboard would stumble over. */
  semanticFaults(): readonly string[];
  /** Violations of the content security policy since the page was opened. */
  violations(): readonly string[];
  /** How far things moved by themselves, as browsers measure it, and what moved. */
  layoutShifts(): { readonly sum: number; readonly moved: readonly string[] };
};

declare global {
  var pageChecks: PageChecks;
}

const MIN_CONTRAST = 4.5;
const MIN_LARGE_CONTRAST = 3;

const violations: string[] = [];
let shifted = 0;
const moved: string[] = [];

addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
  violations.push(`${violatedDirective} blocked ${blockedURI} (${sourceFile}:${lineNumber})`);
});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { value, hadRecentInput, sources } = entry as LayoutShift;
    if (hadRecentInput) continue;
    shifted += value;
    moved.push(
      ...sources.map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 120) : String(node?.nodeName))),
    );
  }
}).observe({ type: "layout-shift", buffered: false });

type LayoutShift = PerformanceEntry & {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node: Node | null }[];
};

globalThis.pageChecks = {
  violations: () => violations,
  layoutShifts: () => ({ sum: shifted, moved }),
  weakContrasts: () => textElements().flatMap(weakContrastOf),
  semanticFaults: () => [...headingFaults(), ...nameFaults(), ...idFaults(), ...tableFaults(), ...landmarkFaults()],
};

function textElements(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("body *")].filter((element) => {
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== "",
    );
    return hasText && isShown(element) && element.closest(":disabled, option, script, .visually-hidden") === null;
  });
}

function isShown(element: Element): boolean {
  return element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
}

function weakContrastOf(element: HTMLElement): string[] {
  const style = getComputedStyle(element);
  const size = Number.parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const contrast = contrastOf(pixelOf([style.color], backgroundsOf(element)), pixelOf([], backgroundsOf(element)));
  if (contrast >= (isLarge ? MIN_LARGE_CONTRAST : MIN_CONTRAST)) return [];
  return [
    `${contrast.toFixed(2)}: ${element.tagName.toLowerCase()}.${element.className} "${element.textContent?.trim().slice(0, 40)}"`,
  ];
}

/** From the page itself to the element, as they lie upon each other. */
function backgroundsOf(element: Element): string[] {
  const colors: string[] = [];
  for (let at: Element | null = element; at !== null; at = at.parentElement)
    colors.unshift(getComputedStyle(at).backgroundColor);
  return colors;
}

const painter = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

/** The browser mixes the colours: it knows all ways to write one. */
function pixelOf(above: readonly string[], colors: readonly string[]): readonly number[] {
  if (painter === null) throw new Error("there is no canvas");
  for (const color of ["white", ...colors, ...above]) {
    painter.fillStyle = color;
    painter.fillRect(0, 0, 1, 1);
  }
  return [...painter.getImageData(0, 0, 1, 1).data];
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrastOf(one: readonly number[], other: readonly number[]): number {
  const [light = 0, dark = 0] = [luminanceOf(one), luminanceOf(other)].sort((left, right) => right - left);
  return (light + 0.05) / (dark + 0.05);
}

function luminanceOf(pixel: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = pixel.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function headingFaults(): string[] {
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(isShown)
    .map(({ tagName }) => Number(tagName[1]));
  const faults =
    levels.filter((level) => level === 1).length === 1
      ? []
      : [`${levels.filter((level) => level === 1).length} headings of level 1`];
  for (const [index, level] of levels.entries()) {
    const before = levels[index - 1] ?? 0;
    if (level > before + 1) faults.push(`a heading of level ${level} after one of level ${before}`);
  }
  return faults;
}

function nameFaults(): string[] {
  const controls = document.querySelectorAll<HTMLElement>(
    "a, button, input, select, textarea, video, summary, [role=img], [tabindex='0']",
  );
  return [...controls]
    .filter((element) => isShown(element) && nameOf(element) === "")
    .map((element) => `no name: ${element.outerHTML.slice(0, 100)}`);
}

/** Enough of the rules for names to find what has none. */
function nameOf(element: HTMLElement): string {
  const labelledBy = element.getAttribute("aria-labelledby");
  const labels =
    element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? [...(element.labels ?? [])] : [];
  const texts = [
    element.getAttribute("aria-label"),
    labelledBy && document.getElementById(labelledBy)?.textContent,
    ...labels.map(({ textContent }) => textContent),
    element.matches("a, button, summary, code") ? element.textContent : "",
  ];
  return texts.find((text) => text?.trim())?.trim() ?? "";
}

function idFaults(): string[] {
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `the id ${id} is there twice`);
  const lost = [...document.querySelectorAll("[aria-labelledby], [aria-describedby]")].flatMap((element) => {
    const wanted = element.getAttribute("aria-labelledby") ?? element.getAttribute("aria-describedby") ?? "";
    return wanted
      .split(" ")
      .filter((id) => !ids.includes(id))
      .map((id) => `nothing has the id ${id}`);
  });
  return [...twice, ...lost];
}

function tableFaults(): string[] {
  return [...document.querySelectorAll("table")].flatMap((table) => [
    ...(table.caption === null ? ["a table without a caption"] : []),
    ...[...table.querySelectorAll("th")].filter((cell) => cell.scope === "").map(() => "a header cell without a scope"),
    ...[...table.querySelectorAll("th")]
      .filter((cell) => cell.textContent?.trim() === "")
      .map(() => "an empty header cell"),
  ]);
}

function landmarkFaults(): string[] {
  const faults = document.querySelectorAll("main").length === 1 ? [] : ["not one main"];
  if (document.documentElement.lang === "") faults.push("no language");
  if (document.querySelector("[role=status]") === null) faults.push("nothing that tells what changes");
  const unnamed = [...document.querySelectorAll("nav:not([aria-label])")].map(() => "a navigation without a name");
  return [...faults, ...unnamed];
}

export {};
