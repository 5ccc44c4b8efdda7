import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { apiUrl, broadcastPath } from "../data/api.ts";
import { Icon } from "./icon.tsx";

const REFRESH_MS = 4000;
/** After a refusal, and twice as long after each further one: it may be for good. */
const RETRY_MS = 4000;
const MAX_RETRY_MS = 300_000;

/** A busy browser says that it has the picture, and paints it only some time later. */
const LOOKS = 20;
const LOOK_MS = 100;

type LivePictureProps = {
  readonly name: string;
  readonly isLive: boolean;
  /** `hidden`: a picture of a codec that no browser shows. */
  readonly content: "picture" | "hidden" | "sound";
};

/**
 * The newest keyframe of a broadcast, again every few seconds while it can be seen. A video of one picture is decoded
 * aside and painted when it is ready, so nothing flickers.
 */
export function LivePicture({ name, isLive, content }: LivePictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isPainted, setIsPainted] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    const target = canvas.current;
    if (target === null || !isLive || content !== "picture") return;
    return refreshWhileVisible(target, name, {
      onPainted: () => setIsPainted(true),
      onFailed: () => setHasFailed(true),
    });
  }, [name, isLive, content]);
  const isMissing = content === "hidden" || (content === "picture" && hasFailed);
  return (
    <div class="picture" data-live={isLive} aria-hidden="true">
      <canvas ref={canvas} width={480} height={270} hidden={!isPainted} />
      {!isPainted && <Icon name={content === "sound" ? "sound" : "camera"} />}
      {!isPainted && isLive && <p>{content === "sound" ? "Sound only" : isMissing ? "No preview" : ""}</p>}
    </div>
  );
}

type PictureEvents = { readonly onPainted: () => void; readonly onFailed: () => void };

function refreshWhileVisible(canvas: HTMLCanvasElement, name: string, events: PictureEvents): () => void {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  let timer: number | undefined;
  let isSeen = false;
  let isLoading = false;
  let retryMs = RETRY_MS;
  const load = (): void => {
    clearTimeout(timer);
    if (!isSeen || isLoading || document.hidden) return;
    isLoading = true;
    video.src = `${apiUrl(broadcastPath(name, "/picture.mp4"))}?at=${Date.now()}`;
    video.load();
  };
  const settle = (waitMs: number): void => {
    isLoading = false;
    clearTimeout(timer);
    timer = setTimeout(load, waitMs);
  };
  const show = (looksLeft: number): void => {
    const isShown = paint(canvas, video);
    if (isShown) events.onPainted();
    if (!isShown && looksLeft > 0) {
      timer = setTimeout(show, LOOK_MS, looksLeft - 1);
      return;
    }
    retryMs = RETRY_MS;
    settle(REFRESH_MS);
  };
  video.addEventListener("loadeddata", () => show(LOOKS));
  video.addEventListener("error", () => {
    events.onFailed();
    retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
    settle(retryMs);
  });
  const observer = new IntersectionObserver(([entry]) => {
    isSeen = entry?.isIntersecting ?? false;
    load();
  });
  observer.observe(canvas.parentElement ?? canvas);
  document.addEventListener("visibilitychange", load);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", load);
    clearTimeout(timer);
    isSeen = false;
    video.removeAttribute("src");
    video.load();
  };
}

/** The whole picture, with bars where its shape is another. False: there was nothing to paint yet. */
function paint(canvas: HTMLCanvasElement, video: HTMLVideoElement): boolean {
  const context = canvas.getContext("2d");
  if (context === null || video.videoWidth === 0) return false;
  const scale = Math.min(canvas.width / video.videoWidth, canvas.height / video.videoHeight);
  const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(video, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  // Where nothing was painted the canvas is transparent.
  return context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[3] !== 0;
}
