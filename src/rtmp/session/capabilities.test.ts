import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AmfObject, type AmfValue } from "../../formats/amf/amf-value.ts";
import { decodeAmf0 } from "../../formats/amf/amf0-decoder.ts";
import { encodeAmf0 } from "../../formats/amf/amf0-encoder.ts";
import {
  type Capabilities,
  canReceive,
  decodeCapabilities,
  encodeCapabilities,
  NO_CAPABILITIES,
  RELAY_CAPABILITIES,
} from "./capabilities.ts";

/** As the other side reads them. */
function overTheWire(capabilities: Capabilities): Capabilities {
  const [object] = decodeAmf0(encodeAmf0(encodeCapabilities(capabilities)));
  return decodeCapabilities(object);
}

function from(members: readonly (readonly [string, AmfValue])[]): Capabilities {
  return decodeCapabilities(new AmfObject(members));
}

test("what is said arrives, and what is unsaid is left out", () => {
  deepEqual(overTheWire(RELAY_CAPABILITIES), RELAY_CAPABILITIES);
  deepEqual(overTheWire(NO_CAPABILITIES), NO_CAPABILITIES);
  deepEqual(encodeCapabilities(NO_CAPABILITIES), {});
  const some: Capabilities = {
    ...NO_CAPABILITIES,
    videoFourCcs: new Map([["av01", { canDecode: true, canEncode: true, canForward: false }]]),
    extensions: { reconnect: false, multitrack: true, modEx: false, timestampNanoOffset: true },
    audioCodecs: 4071,
    videoCodecs: 252,
    videoFunction: 1,
  };
  deepEqual(overTheWire(some), some);
  equal(encodeCapabilities(some).capsEx, 0x0a);
});

test("what makes no sense counts as unsaid", () => {
  deepEqual(decodeCapabilities(null), NO_CAPABILITIES);
  deepEqual(
    from([
      ["fourCcList", "av01"],
      ["capsEx", "3"],
      ["videoFourCcInfoMap", [1]],
      ["audioCodecs", null],
    ]),
    NO_CAPABILITIES,
  );
  deepEqual(from([["fourCcList", ["av01", 5, null, "hvc1"]]]).fourCcList, ["av01", "hvc1"]);
  deepEqual(
    [
      ...from([
        [
          "audioFourCcInfoMap",
          new AmfObject([
            ["Opus", "4"],
            ["mp4a", 1],
          ]),
        ],
      ]).audioFourCcs.keys(),
    ],
    ["mp4a"],
  );
});

test("no more FourCCs are kept than exist", () => {
  const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
  const map = new AmfObject(names.map((name) => [name, 1]));
  equal(from([["fourCcList", names]]).fourCcList?.length, 256);
  equal(from([["videoFourCcInfoMap", map]]).videoFourCcs.size, 256);
});

test("a player's lists tell what it takes", () => {
  const listed = from([["fourCcList", ["av01", "hvc1"]]]);
  deepEqual(
    ["av01", "vp09"].map((fourCc) => canReceive(listed, "video", fourCc)),
    [true, false],
  );
  equal(canReceive(from([["fourCcList", ["*"]]]), "audio", "Opus"), true);
  const mapped = from([
    [
      "videoFourCcInfoMap",
      new AmfObject([
        ["av01", 1],
        ["vp09", 2],
      ]),
    ],
    ["audioFourCcInfoMap", new AmfObject([["*", 4]])],
  ]);
  deepEqual(
    ["av01", "vp09", "hvc1"].map((fourCc) => canReceive(mapped, "video", fourCc)),
    [true, false, false],
  );
  equal(canReceive(mapped, "audio", "Opus"), true);
  equal(canReceive(NO_CAPABILITIES, "video", "av01"), undefined);
});
