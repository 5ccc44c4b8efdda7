import { ProtocolError } from "../../errors.ts";

/** Above every level of every codec; it keeps absurd numbers out of logs and pages. */
const MAX_SIDE_PIXELS = 65_536;

export type PictureSize = { readonly width: number; readonly height: number };

/** `media.header` for a picture without pixels, or one that no codec allows. */
export function checkPictureSize(width: number, height: number): PictureSize {
  if (width < 1 || height < 1 || width > MAX_SIDE_PIXELS || height > MAX_SIDE_PIXELS) {
    throw new ProtocolError("media.header", `a picture of ${width}×${height} pixels`);
  }
  return { width, height };
}
