import { equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { PeerBandwidthLimit } from "../message/control.ts";
import { FlowControl } from "./flow-control.ts";

describe("acknowledgements to the peer", () => {
  test("are due after half of the peer's window", () => {
    const flow = new FlowControl();
    flow.peerWindow(10_000);
    flow.received(4999);
    equal(flow.takeAcknowledgement(), undefined);
    flow.received(1);
    equal(flow.takeAcknowledgement(), 5000);
    equal(flow.takeAcknowledgement(), undefined);
    flow.received(5000);
    equal(flow.takeAcknowledgement(), 10_000);
  });

  test("go by 2500000 bytes until the peer names its window", () => {
    const flow = new FlowControl();
    flow.received(1_249_999);
    equal(flow.takeAcknowledgement(), undefined);
    flow.received(1);
    equal(flow.takeAcknowledgement(), 1_250_000);
  });

  test("a window of 0 is ignored, a tiny one is taken as 1024", () => {
    const flow = new FlowControl();
    flow.peerWindow(0);
    flow.received(10_000);
    equal(flow.takeAcknowledgement(), undefined);
    flow.peerWindow(1);
    equal(flow.takeAcknowledgement(), 10_000);
    flow.received(511);
    equal(flow.takeAcknowledgement(), undefined);
    flow.received(1);
    equal(flow.takeAcknowledgement(), 10_512);
  });

  test("count modulo 2^32", () => {
    const flow = new FlowControl();
    flow.received(2 ** 32 - 1);
    equal(flow.takeAcknowledgement(), 2 ** 32 - 1);
    flow.received(2_500_000);
    equal(flow.takeAcknowledgement(), 2_499_999);
  });
});

describe("what the peer acknowledged", () => {
  test("is unknown until it says so", () => {
    const flow = new FlowControl();
    flow.sent(1_000_000);
    equal(flow.unacknowledgedBytes, undefined);
    flow.acknowledged(400_000);
    equal(flow.unacknowledgedBytes, 600_000);
    flow.acknowledged(1_000_000);
    equal(flow.unacknowledgedBytes, 0);
  });

  test("a peer that counts its handshake differently is never ahead", () => {
    const flow = new FlowControl();
    flow.sent(10_000);
    flow.acknowledged(10_000 + 3073);
    equal(flow.unacknowledgedBytes, 0);
    flow.acknowledged(10_000 - 3073);
    equal(flow.unacknowledgedBytes, 0, "and does not fall back");
    flow.sent(5000);
    equal(flow.unacknowledgedBytes, 5000);
  });

  test("the count wraps at 2^32, again and again", () => {
    const flow = new FlowControl();
    let total = 0;
    for (let step = 0; step < 30; step++) {
      total += 500_000_000;
      flow.sent(500_000_000);
      flow.acknowledged((total - 20_000) % 2 ** 32);
      equal(flow.unacknowledgedBytes, 20_000);
    }
  });

  test("a first acknowledgement after more than 4 GiB is understood", () => {
    const flow = new FlowControl();
    flow.sent(3 * 2 ** 32 + 1000);
    flow.acknowledged(400);
    equal(flow.unacknowledgedBytes, 600);
  });

  test("a counter that begins at 0 again before 2^32, as nginx-rtmp's does, goes on from where it was", () => {
    const flow = new FlowControl();
    const reset = 0xf0000000;
    flow.sent(reset);
    flow.acknowledged(reset);
    flow.sent(6_000_000);
    flow.acknowledged(5_000_000);
    equal(flow.unacknowledgedBytes, 1_000_000);
    flow.sent(1_000_000);
    flow.acknowledged(7_000_000);
    equal(flow.unacknowledgedBytes, 0);
  });

  test("nonsense acknowledges nothing", () => {
    const flow = new FlowControl();
    flow.sent(1000);
    flow.acknowledged(3_000_000_000);
    equal(flow.unacknowledgedBytes, 1000);
  });

  test("nonsense does not spoil what follows", () => {
    const flow = new FlowControl();
    flow.sent(5_000_000);
    flow.acknowledged(4_000_000);
    flow.acknowledged(60_000_000);
    equal(flow.unacknowledgedBytes, 1_000_000);
    flow.sent(5_000_000);
    flow.acknowledged(9_500_000);
    equal(flow.unacknowledgedBytes, 500_000);
  });
});

describe("Set Peer Bandwidth", () => {
  const { Hard, Soft, Dynamic } = PeerBandwidthLimit;

  test("hard takes the window, and answers with it", () => {
    const flow = new FlowControl();
    equal(flow.sendWindowBytes, undefined);
    equal(flow.limitBandwidth({ windowBytes: 5000, limit: Hard }), 5000);
    equal(flow.sendWindowBytes, 5000);
    equal(flow.limitBandwidth({ windowBytes: 9000, limit: Hard }), 9000);
  });

  test("soft takes the smaller window", () => {
    const flow = new FlowControl();
    equal(flow.limitBandwidth({ windowBytes: 5000, limit: Soft }), 5000);
    equal(flow.limitBandwidth({ windowBytes: 9000, limit: Soft }), 5000);
    equal(flow.limitBandwidth({ windowBytes: 3000, limit: Soft }), 3000);
    equal(flow.sendWindowBytes, 3000);
  });

  test("dynamic counts as hard after hard, and is ignored otherwise", () => {
    const flow = new FlowControl();
    equal(flow.limitBandwidth({ windowBytes: 5000, limit: Dynamic }), undefined);
    equal(flow.sendWindowBytes, undefined);
    flow.limitBandwidth({ windowBytes: 5000, limit: Soft });
    equal(flow.limitBandwidth({ windowBytes: 4000, limit: Dynamic }), undefined);
    flow.limitBandwidth({ windowBytes: 5000, limit: Hard });
    equal(flow.limitBandwidth({ windowBytes: 8000, limit: Dynamic }), 8000);
    equal(flow.limitBandwidth({ windowBytes: 7000, limit: Dynamic }), 7000);
  });

  test("a window that was announced is not announced again", () => {
    const flow = new FlowControl();
    flow.announceWindow(5000);
    equal(flow.limitBandwidth({ windowBytes: 5000, limit: Hard }), undefined);
    equal(flow.sendWindowBytes, 5000);
  });

  test("a window of 0 and unknown limits are ignored", () => {
    const flow = new FlowControl();
    equal(flow.limitBandwidth({ windowBytes: 0, limit: Hard }), undefined);
    equal(flow.limitBandwidth({ windowBytes: 5000, limit: 3 }), undefined);
    equal(flow.sendWindowBytes, undefined);
  });
});
