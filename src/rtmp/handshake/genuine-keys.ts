import { concatBytes } from "../../bytes/concat.ts";
import { hex } from "../../bytes/hex.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";

const TAIL = hex`f0eec24a8068bee82e00d0d1029e7e57 6eec5d2d29806fab93b8e636cfeb31ae`;

/** Signs C1, and is the key of SWF hashes. All four keys are public: a signature proves nothing about its maker. */
export const PLAYER_KEY: Uint8Array = encodeUtf8("Genuine Adobe Flash Player 001");

/** Signs C2. */
export const PLAYER_ANSWER_KEY: Uint8Array = concatBytes([PLAYER_KEY, TAIL]);

/** Signs S1. */
export const SERVER_KEY: Uint8Array = encodeUtf8("Genuine Adobe Flash Media Server 001");

/** Signs S2. */
export const SERVER_ANSWER_KEY: Uint8Array = concatBytes([SERVER_KEY, TAIL]);
